"""Tell other systems what happened (开放接口推送): write it down here, a worker delivers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from broadcasts.models import WebhookDelivery, WebhookEndpoint, WebhookEvent, WebhookKind
from scrm import outgoing
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.jobs import enqueue_on_commit
from scrm.typed import one_line

State = WebhookDelivery.State
_LONGEST_NAME = 64
_MOST_ENDPOINTS = 20


@dataclass(frozen=True)
class EndpointDraft:
    """What an operator fills in."""

    name: str
    url: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Happening:
    """One of many that are told alike; see `emit`."""

    subject_id: object
    data: Mapping[str, Any]
    found_as: str


def emit_many(*, kind: str, happenings: Iterable[Happening], now: datetime) -> int:
    """Have all of them told as `emit` does, in a few statements; how many were not told before.

    The caller holds what they were found by, so that nobody else finds them in this moment.
    """
    asking = _asking(kind, now=now)
    found = {one.found_as: one for one in happenings} if asking else {}
    told = WebhookEvent.objects.filter(found_as__in=found).values_list("found_as", flat=True)
    before = set(told)
    events = WebhookEvent.objects.bulk_create(
        WebhookEvent(
            kind=kind, subject_id=str(one.subject_id), data=dict(one.data), at=now, found_as=name
        )
        for name, one in found.items()
        if name not in before
    )
    if events:
        _deliver_to(asking, events, now=now)
    return len(events)


def emit(
    *,
    kind: str,
    subject_id: object,
    data: Mapping[str, Any],
    now: datetime,
    found_as: str | None = None,
) -> WebhookEvent | None:
    """Have every address that asked for `kind` told, once the caller's transaction commits.

    `subject_id` is the key of what it happened to, `data` what else to say: JSON, ids rather than
    names and phones. None when nobody asked, or when `found_as` was told before.
    """
    asking = _asking(kind, now=now)
    if not asking:
        return None
    if found_as and WebhookEvent.objects.filter(found_as=found_as).exists():
        return None
    event = WebhookEvent(
        kind=kind, subject_id=str(subject_id), data=dict(data), at=now, found_as=found_as
    )
    try:
        with transaction.atomic():
            event.save(force_insert=True)
            _deliver_to(asking, [event], now=now)
    except IntegrityError:
        if found_as is None:
            raise
        return None  # another process found it in this moment
    return event


def _asking(kind: str, *, now: datetime) -> list[WebhookEndpoint]:
    """The addresses that want to hear of it."""
    live = WebhookEndpoint.objects.filter(is_active=True, is_deleted=False, created_at__lte=now)
    return list(live.filter(kinds__contains=[WebhookKind(kind).value]))


def _deliver_to(
    endpoints: Iterable[WebhookEndpoint], events: Iterable[WebhookEvent], *, now: datetime
) -> None:
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, event=event, since=now, next_at=now)
        for endpoint, event in product(endpoints, events)
    )
    enqueue_on_commit("broadcasts.deliver_webhooks")


def create_endpoint(*, draft: EndpointDraft, operator: Operator, now: datetime) -> WebhookEndpoint:
    """A new address; its secret is `webhook_secret.secret_of`. Raises InvalidInput (name, url,
    kinds).
    """
    columns = _checked(draft)
    if WebhookEndpoint.objects.filter(is_deleted=False).count() >= _MOST_ENDPOINTS:
        message = _("There are %(most)d addresses already.") % {"most": _MOST_ENDPOINTS}
        raise InvalidInput(message, field="name")
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.create(created_by=operator, created_at=now, **columns)
        _log("webhook.create", endpoint, operator, now, kinds=columns["kinds"])
    return endpoint


def change_endpoint(
    *, endpoint: WebhookEndpoint, draft: EndpointDraft, operator: Operator, now: datetime
) -> WebhookEndpoint:
    """What waits goes to the new address. Raises InvalidInput (name, url, kinds)."""
    columns = _checked(draft)
    with transaction.atomic():
        changed = sorted(
            name for name, value in columns.items() if getattr(endpoint, name) != value
        )
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**columns)
        _log("webhook.change", endpoint, operator, now, changed=changed)
    endpoint.refresh_from_db()
    return endpoint


def switch_endpoint(
    *, endpoint: WebhookEndpoint, active: bool, operator: Operator, now: datetime
) -> bool:
    """On or off; False when it was so already. What happens meanwhile is not told later."""
    with transaction.atomic():
        others = WebhookEndpoint.objects.filter(pk=endpoint.pk).exclude(is_active=active)
        if not others.update(is_active=active, failing_since=None, switched_off_at=None):
            return False
        _log("webhook.activate" if active else "webhook.deactivate", endpoint, operator, now)
        if active:
            enqueue_on_commit("broadcasts.deliver_webhooks")
    return True


def delete_endpoint(*, endpoint: WebhookEndpoint, operator: Operator, now: datetime) -> None:
    """Nothing goes there any more; what waits is given up. The log of it stays."""
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_deleted=True, is_active=False)
        WebhookDelivery.objects.filter(endpoint=endpoint, state=State.WAITING).update(
            state=State.FAILED, next_at=None
        )
        _log("webhook.delete", endpoint, operator, now)


def renew_secret(*, endpoint: WebhookEndpoint, operator: Operator, now: datetime) -> None:
    """Another secret from the next delivery on."""
    with transaction.atomic():
        locked = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        locked.secret_version += 1
        locked.save(update_fields=["secret_version"])
        _log("webhook.renew_secret", locked, operator, now)


def send_test(*, endpoint: WebhookEndpoint, operator: Operator, now: datetime) -> WebhookDelivery:
    """A test event to this address alone, delivered as any other."""
    with transaction.atomic():
        event = WebhookEvent.objects.create(
            kind=WebhookKind.TEST,
            subject_id=str(endpoint.pk),
            data={"by": operator.username},
            at=now,
        )
        _deliver_to([endpoint], [event], now=now)
        _log("webhook.test", endpoint, operator, now)
    return event.deliveries.get()


def replay(
    *,
    endpoint: WebhookEndpoint,
    delivery_ids: Iterable[int] | None,
    operator: Operator,
    now: datetime,
) -> int:
    """Deliver again: these, or all that failed (None); how many. One that waits is only hurried."""
    chosen = WebhookDelivery.objects.filter(endpoint=endpoint)
    if delivery_ids is None:
        chosen = chosen.filter(state=State.FAILED)
    else:
        chosen = chosen.filter(pk__in=list(delivery_ids))
    with transaction.atomic():
        again = chosen.update(state=State.WAITING, since=now, next_at=now)
        if again:
            _log("webhook.replay", endpoint, operator, now, deliveries=again)
            enqueue_on_commit("broadcasts.deliver_webhooks")
    return again


def _checked(draft: EndpointDraft) -> dict[str, Any]:
    name = one_line(draft.name)
    if not name or len(name) > _LONGEST_NAME:
        message = _("A name of at most %(most)d characters.") % {"most": _LONGEST_NAME}
        raise InvalidInput(message, field="name")
    url = draft.url.strip()
    outgoing.check_address(url)
    offered = set(WebhookKind.values) - {WebhookKind.TEST.value}
    kinds = sorted(set(draft.kinds))
    if not kinds or not set(kinds) <= offered:
        raise InvalidInput(_("Choose at least one event."), field="kinds")
    return {"name": name, "url": url, "kinds": kinds}


def _log(
    action: str, endpoint: WebhookEndpoint, operator: Operator, now: datetime, **details: Any
) -> None:
    record_act(action=action, operator=operator, now=now, subject=endpoint, details=details)
