"""Read the callback log (回调日志) and how well we keep up with WeCom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scrm.privacy import mask_phones
from scrm.wecom.models import CallbackEvent, SyncGap, SyncRun

EVENT_WORDS: dict[tuple[str, str], Promise] = {
    ("change_external_contact", "add_external_contact"): _("Customer added"),
    ("change_external_contact", "add_half_external_contact"): _("Customer scanned, not confirmed"),
    ("change_external_contact", "edit_external_contact"): _("Customer edited"),
    ("change_external_contact", "del_external_contact"): _("Staff removed a customer"),
    ("change_external_contact", "del_follow_user"): _("Customer unfriended"),
    ("change_external_contact", "transfer_fail"): _("Hand-over failed"),
    ("change_external_chat", "create"): _("Group created"),
    ("change_external_chat", "update"): _("Group changed"),
    ("change_external_chat", "dismiss"): _("Group dismissed"),
    ("change_external_tag", "create"): _("Tag created"),
    ("change_external_tag", "update"): _("Tag changed"),
    ("change_external_tag", "delete"): _("Tag deleted"),
    ("change_external_tag", "shuffle"): _("Tags reordered"),
    ("change_contact", "create_user"): _("Staff joined"),
    ("change_contact", "update_user"): _("Staff changed"),
    ("change_contact", "delete_user"): _("Staff left"),
    ("change_contact", "create_party"): _("Department created"),
    ("change_contact", "update_party"): _("Department changed"),
    ("change_contact", "delete_party"): _("Department deleted"),
}

RECENT = timedelta(days=7)

# A welcome code can be used once by whoever reads it; phones and unionids are personal.
_SECRETS = re.compile(r"(<(WelcomeCode|UnionId|Ticket|SuiteTicket)>)(.*?)(</\2>)", re.DOTALL)


@dataclass(frozen=True)
class CallbacksWanted:
    """What the callback log was asked for; an empty value asks for nothing."""

    state: str = ""
    event: str = ""
    subject: str = ""
    received_from: date | None = None
    received_to: date | None = None


@dataclass(frozen=True)
class Health:
    """How well we keep up with WeCom."""

    last_done: SyncRun | None
    running: SyncRun | None
    gaps: int
    waiting: int
    failed: int
    last_received_at: datetime | None


def callbacks(wanted: CallbacksWanted) -> QuerySet[CallbackEvent]:
    """The events that fit, unordered."""
    found = CallbackEvent.objects.all()
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.event:
        event, _slash, change_type = wanted.event.partition("/")
        found = found.filter(event=event, change_type=change_type)
    if wanted.subject:
        found = found.filter(order_key__contains=wanted.subject)
    if wanted.received_from:
        found = found.filter(received_at__gte=_midnight(wanted.received_from))
    if wanted.received_to:
        found = found.filter(received_at__lt=_midnight(wanted.received_to + timedelta(days=1)))
    return found


def event_words(event: CallbackEvent) -> str | Promise:
    """What an event means; an unknown one keeps WeCom's own name."""
    name = "/".join(filter(None, (event.event, event.change_type)))
    return EVENT_WORDS.get((event.event, event.change_type), name)


def masked_body(body: str) -> str:
    """The decrypted message without what may not be shown: codes, unionids, middle of phones."""
    return mask_phones(_SECRETS.sub(r"\1••••\4", body))


def health(*, now: datetime) -> Health:
    """How it stands at `now`. Failures older than a week are history, not health."""
    done = SyncRun.objects.filter(state=SyncRun.State.DONE).order_by("-finished_at").first()
    events = CallbackEvent.objects
    return Health(
        last_done=done,
        running=SyncRun.objects.filter(state=SyncRun.State.RUNNING).first(),
        gaps=SyncGap.objects.filter(run=done).count() if done else 0,
        waiting=events.filter(state=CallbackEvent.State.NEW).count(),
        failed=events.filter(
            state=CallbackEvent.State.FAILED, received_at__gte=now - RECENT
        ).count(),
        last_received_at=events.aggregate(last=Max("received_at"))["last"],
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
