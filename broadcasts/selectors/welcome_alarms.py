"""What keeps welcomes from arriving, and what can be done (欢迎语告警)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from broadcasts.models import Welcome, WelcomeDelivery, WelcomePicture
from broadcasts.policy.welcome import EVERYBODY
from contacts.models import Staff
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator
from scrm.wecom.callback.envelope import read_message
from scrm.wecom.models import CallbackEvent

LOOKED_BACK = timedelta(hours=24)
# So many newcomers in a row without a code, at one staff member: hardly all of them chat already.
WITHOUT_CODE = 3
MOST_EVENTS = 500
TAKEN_LEAST, TAKEN_SHARE = 3, 0.2
_NAMED = 5
_ADDED = ("add_external_contact", "add_half_external_contact")
# Members of other companies never bring a code.
_OTHER_COMPANY = "wo"

Reason = WelcomeDelivery.Reason


@dataclass(frozen=True)
class Alarm:
    """One trouble. `level` is warning or error."""

    code: str
    level: str
    words: str
    advice: str


def alarms(operator: Operator, *, now: datetime) -> list[Alarm]:
    """Everything that is wrong now, the gravest first. Six queries at most."""
    counts = _counted(now - LOOKED_BACK)
    found = [
        *_late(counts[Reason.LATE]),
        *_settings(counts[Reason.MISCONFIGURED]),
        *_native(operator, now=now),
        *_taken(counts[Reason.TAKEN], counts["sent"]),
        *_content(counts[Reason.CONTENT]),
        *_pictures(),
        *_no_default(),
    ]
    return sorted(found, key=lambda alarm: alarm.level != "error")


def staff_without_codes(*, now: datetime) -> list[str]:
    """Userids (lower case) whose last newcomers all came without a code."""
    events = CallbackEvent.objects.filter(
        event="change_external_contact",
        change_type__in=_ADDED,
        received_at__gte=now - LOOKED_BACK,
    ).order_by("-received_at")
    had_code: dict[str, list[bool]] = defaultdict(list)
    for body in events.values_list("body", flat=True)[:MOST_EVENTS]:
        fields = read_message(body).fields
        if not fields.get("ExternalUserID", "").startswith(_OTHER_COMPANY):
            latest = had_code[fields.get("UserID", "").lower()]
            if len(latest) < WITHOUT_CODE:
                latest.append(bool(fields.get("WelcomeCode")))
    return sorted(
        userid
        for userid, latest in had_code.items()
        if len(latest) == WITHOUT_CODE and not any(latest)
    )


def _counted(since: datetime) -> dict[str, int]:
    recent = WelcomeDelivery.objects.filter(received_at__gte=since)
    found = dict(recent.exclude(reason="").order_by().values_list("reason").annotate(n=Count("pk")))
    sent = recent.filter(state=WelcomeDelivery.State.SENT).count()
    return defaultdict(int, {**found, "sent": sent})


def _late(count: int) -> list[Alarm]:
    if not count:
        return []
    words = ngettext(
        "%(count)d welcome of the last 24 hours was missed because nobody took its code up in time.",
        "%(count)d welcomes of the last 24 hours were missed because nobody took their codes up in "
        "time.",
        count,
    )
    advice = _("See whether the worker of welcomes runs (the health of the system tells), and why.")
    return [Alarm("late", "error", words % {"count": count}, advice)]


def _settings(count: int) -> list[Alarm]:
    if not count:
        return []
    words = _("WeCom refuses welcomes because of its settings: %(count)d in the last 24 hours.")
    advice = _("Run the set-up check and follow its advice.")
    return [Alarm("misconfigured", "error", words % {"count": count}, advice)]


def _native(operator: Operator, *, now: datetime) -> list[Alarm]:
    userids = staff_without_codes(now=now)
    if not userids:
        return []
    named = Staff.objects if operator.sees_everything else visible_staff(operator)
    names = [
        str(member)
        for member in named.annotate(key=Lower("userid")).filter(key__in=userids).order_by("name")
    ]
    if not names:
        return []
    shown = "、".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    words = _("WeCom gave no code for the latest new friends of: %(names)s.") % {"names": shown}
    advice = _(
        "Most likely a welcome is set for them in the WeCom admin itself; it goes first and takes "
        "the code. Delete it there (客户联系 › 加客户 › 欢迎语), then the next friend gets yours."
    )
    return [Alarm("native", "warning", words, advice)]


def _taken(taken: int, sent: int) -> list[Alarm]:
    if taken < TAKEN_LEAST or taken < TAKEN_SHARE * (taken + sent):
        return []
    words = _("Another welcome was faster for %(taken)d of %(total)d new friends in 24 hours.")
    advice = _(
        "Another app or the WeCom admin's own welcome answers for the same staff. Let only one of "
        "them do it."
    )
    total = taken + sent
    return [Alarm("taken", "warning", words % {"taken": taken, "total": total}, advice)]


def _content(count: int) -> list[Alarm]:
    if not count:
        return []
    words = _("WeCom did not accept the content of %(count)d welcomes in the last 24 hours.")
    advice = _("Look into the log for the error, then check lengths, links and the mini program.")
    return [Alarm("content", "error", words % {"count": count}, advice)]


def _pictures() -> list[Alarm]:
    broken = WelcomePicture.objects.filter(
        ~Q(file__error=""), welcome__is_active=True
    ).select_related("welcome", "file")
    return [
        Alarm(
            "picture",
            "warning",
            _("The picture of “%(name)s” could not be uploaded.") % {"name": picture.welcome},
            picture.file.error,
        )
        for picture in broken[:_NAMED]
    ]


def _no_default() -> list[Alarm]:
    always = Welcome.objects.filter(
        is_active=True, scope=EVERYBODY, weekdays=[], start__isnull=True
    )
    if always.exists():
        return []
    words = _("There is no welcome for everybody at any time.")
    advice = _("New friends for whom nothing else fits get none. Write a default one.")
    return [Alarm("no_default", "warning", words, advice)]
