"""Read the callback log (回调日志) and how well we keep up with WeCom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from xml.etree.ElementTree import ParseError, indent, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.db.models import Count, Max, Min, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.privacy import hide_secrets, mask_phones
from scrm.wecom.callback import counts
from scrm.wecom.models import CallbackEvent, SyncGap, SyncRun

EVENT_WORDS: dict[tuple[str, str], Promise] = {
    ("change_external_contact", "add_external_contact"): _("Customer added"),
    ("change_external_contact", "add_half_external_contact"): _("Customer scanned, not confirmed"),
    ("change_external_contact", "edit_external_contact"): _("Customer edited"),
    ("change_external_contact", "del_external_contact"): _("Staff removed a customer"),
    ("change_external_contact", "del_follow_user"): _("Customer unfriended"),
    ("change_external_contact", "transfer_fail"): _("Hand-over failed"),
    ("change_external_contact", "msg_audit_approved"): _("Customer agreed to the chat archive"),
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
    ("change_contact", "update_tag"): _("Staff tag changed"),
    ("customer_acquisition", "balance_low"): _("Acquisition quota is low"),
    ("customer_acquisition", "balance_exhausted"): _("Acquisition quota is used up"),
    ("customer_acquisition", "balance_increased"): _("Acquisition quota was raised"),
    ("customer_acquisition", "quota_expire_soon"): _("Acquisition quota expires soon"),
    ("customer_acquisition", "link_unavailable"): _("Acquisition link does not work"),
    ("customer_acquisition", "delete_link"): _("Acquisition link was deleted"),
    ("customer_acquisition", "open_profile"): _("Opened by an acquisition link"),
    ("customer_acquisition", "friend_request"): _("Asked to be friends by a link"),
    ("customer_acquisition", "customer_start_chat"): _("First words after coming by a link"),
    ("customer_acquisition", "message_from_customer"): _("Goes on chatting after coming by a link"),
    ("upload_media_job_finish", ""): _("Material upload finished"),
    ("batch_job_result", ""): _("Directory import finished"),
}
EVENT_GROUPS: dict[str, Promise] = {
    "change_external_contact": _("Customers"),
    "change_external_chat": _("Customer groups"),
    "change_external_tag": _("Customer tags"),
    "change_contact": _("Directory"),
    "customer_acquisition": _("Acquisition links"),
    "upload_media_job_finish": _("Jobs"),
    "batch_job_result": _("Jobs"),
}

RECENT = timedelta(days=7)
# Older than this, what waits is more than the ordinary way through the inbox.
LATE = timedelta(minutes=1)
_UNEXPECTED = _(
    "This is an error of the system itself, not of WeCom. Pass the error on to whoever looks after"
    " it; once it is mended, replay the event. The nightly full sync repairs the data meanwhile."
)

# A welcome code can be used once by whoever reads it; phones and unionids are personal.
_SECRETS = re.compile(
    r"(<(WelcomeCode|ChatKey|UnionId|Token|Ticket|SuiteTicket)>)(.*?)(</\2>)", re.DOTALL
)


@dataclass(frozen=True)
class CallbacksWanted:
    """What the callback log was asked for; an empty value asks for nothing."""

    state: str = ""
    event: str = ""
    subject: str = ""
    received_from: date | None = None
    received_to: date | None = None
    text: str = ""


@dataclass(frozen=True)
class Backlog:
    """How the inbox stands: numbers by state (done and ignored not among them), the oldest event
    that waits, and what its address counted within the last days.
    """

    waiting: int
    failed: int
    oldest_waiting_at: datetime | None
    is_late: bool
    counts: dict[counts.Count, int]


@dataclass(frozen=True)
class Health:
    """How well we keep up with WeCom."""

    last_done: SyncRun | None
    running: SyncRun | None
    gaps: int
    waiting: int
    failed: int
    last_received_at: datetime | None
    oldest_waiting_at: datetime | None = None
    skewed: int = 0


def callbacks(wanted: CallbacksWanted) -> QuerySet[CallbackEvent]:
    """The events that fit, unordered."""
    found = CallbackEvent.objects.all()
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.event:
        event, slash, change_type = wanted.event.partition("/")
        found = found.filter(event=event)
        if slash:
            found = found.filter(change_type=change_type)
    if wanted.subject:
        found = found.filter(order_key__contains=wanted.subject)
    if wanted.received_from:
        found = found.filter(received_at__gte=_midnight(wanted.received_from))
    if wanted.received_to:
        found = found.filter(received_at__lt=_midnight(wanted.received_to + timedelta(days=1)))
    if wanted.text:
        found = found.filter(body__icontains=wanted.text)
    return found


def backlog(*, now: datetime) -> Backlog:
    """How the inbox stands at `now`."""
    open_states = [CallbackEvent.State.NEW, CallbackEvent.State.FAILED]
    rows = (
        CallbackEvent.objects.filter(state__in=open_states)
        .values("state")
        .annotate(number=Count("pk"), oldest=Min("received_at"))
    )
    by_state = {row["state"]: row for row in rows}
    waiting = by_state.get(CallbackEvent.State.NEW)
    oldest = waiting["oldest"] if waiting else None
    return Backlog(
        waiting=waiting["number"] if waiting else 0,
        failed=by_state.get(CallbackEvent.State.FAILED, {"number": 0})["number"],
        oldest_waiting_at=oldest,
        is_late=oldest is not None and now - oldest > LATE,
        counts=counts.recent(now=now),
    )


def event_words(event: CallbackEvent) -> str | Promise:
    """What an event means; an unknown one keeps WeCom's own name."""
    name = "/".join(filter(None, (event.event, event.change_type)))
    return EVENT_WORDS.get((event.event, event.change_type), name)


def masked_body(body: str) -> str:
    """The decrypted message without what may not be shown: codes, unionids, middle of phones."""
    return mask_phones(_SECRETS.sub(r"\1••••\4", _pretty(body)))


def error_words(event: CallbackEvent) -> str:
    """What went wrong, as the log may show it."""
    return hide_secrets(event.error)


def error_advice(event: CallbackEvent) -> str | Promise:
    """What an operator can do about the error of this event; "" when it has none."""
    if not event.error:
        return ""
    return gettext(event.hint) if event.hint else _UNEXPECTED


def _pretty(body: str) -> str:
    """One element a line; what is no XML stays as it is."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return body
    indent(root)
    return tostring(root, encoding="unicode")


def failed_callbacks(*, now: datetime) -> int:
    """Callbacks of the last week that no attempt could handle. One query."""
    failed = CallbackEvent.objects.filter(state=CallbackEvent.State.FAILED)
    return failed.filter(received_at__gte=now - RECENT).count()


def health(*, now: datetime) -> Health:
    """How it stands at `now`. Failures older than a week are history, not health."""
    done = SyncRun.objects.filter(state=SyncRun.State.DONE).order_by("-finished_at").first()
    events = CallbackEvent.objects
    waiting = events.filter(state=CallbackEvent.State.NEW).aggregate(
        number=Count("pk"), oldest=Min("received_at")
    )
    return Health(
        last_done=done,
        running=SyncRun.objects.filter(state=SyncRun.State.RUNNING).first(),
        gaps=SyncGap.objects.filter(run=done).count() if done else 0,
        waiting=waiting["number"],
        failed=failed_callbacks(now=now),
        last_received_at=events.aggregate(last=Max("received_at"))["last"],
        oldest_waiting_at=waiting["oldest"],
        skewed=counts.recent(now=now)[counts.Count.SKEWED],
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
