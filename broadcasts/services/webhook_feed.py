"""Find what happened in tables of others, and write it down for those who want to hear of it.

Customers and stages live below this app and know nothing of webhooks; their own append-only
tables are the outbox. Broadcasts are moved in many places, some for many rows at once, so they are
found by their own moments, too. Each finding has a name, by which it is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Model

from broadcasts.models import Broadcast, WebhookEndpoint, WebhookKind
from broadcasts.services.webhooks import emit
from contacts.models import Contact, ContactEvent, LifecycleTransition, StageReader
from contacts.services.feeds import read_rows, start_reading

# Longer than a tick can be late, and no longer than a worker that was down for a while.
_LOOKED_BACK = timedelta(hours=1)
# A first sync writes a friendship of years ago: no news.
_NEWS = timedelta(hours=24)
_AT_ONCE = 2_000

_CONTACT_KINDS = {
    ContactEvent.Kind.FOLLOWED.value: WebhookKind.CONTACT_ADDED,
    ContactEvent.Kind.UNFOLLOWED.value: WebhookKind.CONTACT_LOST,
}
_BROADCAST_KINDS = {
    WebhookKind.BROADCAST_SCHEDULED,
    WebhookKind.BROADCAST_STOPPED,
    WebhookKind.BROADCAST_FINISHED,
}


def collect(*, now: datetime) -> int:
    """Look once through everything anybody asked for; how many rows were looked at.

    Where nobody asks any more the place is forgotten: who asks again hears of what comes then.
    """
    wanted = _wanted()
    found = _broadcasts(now=now) if wanted & _BROADCAST_KINDS else 0
    for name, log, handle, kinds in _LOGS:
        if wanted & kinds:
            found += _follow(name, log, handle, now=now)
        else:
            StageReader.objects.filter(name=name).delete()
    return found


def _wanted() -> set[str]:
    active = WebhookEndpoint.objects.filter(is_active=True, is_deleted=False)
    return {kind for kinds in active.values_list("kinds", flat=True) for kind in kinds}


def _broadcasts(*, now: datetime) -> int:
    lately = now - _LOOKED_BACK
    found = 0
    for broadcast in Broadcast.objects.filter(scheduled_at__gt=lately):
        at = broadcast.scheduled_at
        name = f"scheduled:{broadcast.pk}:{at:%Y%m%d%H%M%S%f}"
        found += _tell(broadcast, WebhookKind.BROADCAST_SCHEDULED, name, at or now)
    for broadcast in Broadcast.objects.filter(finished_at__gt=lately):
        is_stopped = broadcast.state == Broadcast.State.STOPPED
        kind = WebhookKind.BROADCAST_STOPPED if is_stopped else WebhookKind.BROADCAST_FINISHED
        found += _tell(broadcast, kind, f"over:{broadcast.pk}", broadcast.finished_at or now)
    return found


def _tell(broadcast: Broadcast, kind: str, name: str, at: datetime) -> bool:
    data = {
        "name": broadcast.name,
        "kind": broadcast.kind,
        "state": broadcast.state,
        "stop_reason": broadcast.stop_reason,
        "chosen": broadcast.chosen,
        "held_out": broadcast.held_out,
        "excluded": broadcast.excluded,
    }
    return emit(kind=kind, subject_id=broadcast.pk, data=data, now=at, found_as=name) is not None


def _follow(name: str, log: type[Model], handle: Callable[..., None], *, now: datetime) -> int:
    start_reading(name=name, now=now)
    return read_rows(name=name, log=log, handle=partial(handle, now=now), now=now, limit=_AT_ONCE)


def _contact_events(events: Sequence[ContactEvent], *, now: datetime) -> None:
    news = [event for event in events if event.kind in _CONTACT_KINDS and event.at > now - _NEWS]
    known = _external_userids(event.contact_id for event in news)
    for event in news:
        data: dict[str, Any] = {"external_userid": known[event.contact_id]}
        data |= {name: event.details[name] for name in ("staff_id", "by") if name in event.details}
        kind = _CONTACT_KINDS[event.kind]
        emit(kind=kind, subject_id=event.contact_id, data=data, now=event.at)


def _stage_changes(changes: Sequence[LifecycleTransition], *, now: datetime) -> None:
    news = [change for change in changes if change.at > now - _NEWS]
    known = _external_userids(change.contact_id for change in news)
    for change in news:
        emit(
            kind=WebhookKind.STAGE_CHANGED,
            subject_id=change.contact_id,
            data={
                "external_userid": known[change.contact_id],
                "from": change.from_stage,
                "to": change.to_stage,
                "reason": change.reason,
            },
            now=change.at,
        )


def _external_userids(contact_ids: Iterable[int]) -> dict[int, str]:
    rows = Contact.objects.filter(pk__in=set(contact_ids))
    return dict(rows.values_list("pk", "external_userid"))


_LOGS: tuple[tuple[str, type[Model], Callable[..., None], frozenset[str]], ...] = (
    (
        "webhooks: customers",
        ContactEvent,
        _contact_events,
        frozenset(_CONTACT_KINDS.values()),
    ),
    (
        "webhooks: stages",
        LifecycleTransition,
        _stage_changes,
        frozenset({WebhookKind.STAGE_CHANGED}),
    ),
)
