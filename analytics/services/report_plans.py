"""Scheduled reports (定时报表): set up, change, switch, remove; a sending of its own each time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics.models import ReportPlan, ReportSegment, ReportSending
from analytics.selectors.parts import MOST_SEGMENTS
from analytics.selectors.report_catalogue import BY_SEGMENT
from analytics.selectors.report_contents import covered, offered
from analytics.selectors.report_plans import rhythm_of, unknown_userids, wrong_segments
from broadcasts.policy.recurrence import due_until, next_after
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.jobs import enqueue_on_commit
from scrm.outgoing import mail
from scrm.segments.days import business_day

log = logging.getLogger(__name__)

MOST_CONTENTS, MOST_RECEIVERS, NAME_CHARS = 8, 50, 64
# After a standstill a report is still worth sending for so long.
_WORTH_SENDING = timedelta(hours=12)
_PLANS_AT_ONCE = 100
Channel, Covers, Every = ReportPlan.Channel, ReportPlan.Covers, ReportPlan.Every


class ReportClosed(ScrmError):
    """The report was removed or switched by somebody else."""

    code = "report_closed"


@dataclass(frozen=True)
class Wanted:
    """A report as an operator asks for it; what does not fit `every` or `channel` is left out."""

    name: str
    contents: Sequence[str]
    covers: str
    every: str
    time: time
    channel: str
    weekday: int | None = None
    day: int | None = None
    userids: Sequence[str] = ()
    addresses: Sequence[str] = ()
    segments: Sequence[int] = ()


def create_report(*, wanted: Wanted, operator: Operator, now: datetime) -> ReportPlan:
    """Sent from its next time on, with what `operator` may see. Raises InvalidInput."""
    plan = ReportPlan(
        owner=operator, created_at=now, language=get_language() or settings.LANGUAGE_CODE
    )
    with transaction.atomic():
        _write(plan, wanted, operator=operator, now=now)
        plan.save(force_insert=True)
        _compare(plan, wanted, operator=operator)
        _record("report.create", plan, operator, now, _told(plan))
    return plan


def change_report(
    *, plan: ReportPlan, wanted: Wanted, operator: Operator, now: datetime
) -> ReportPlan:
    """From the next time on. It shows the figures of whoever changed it last: nobody may widen
    what a report of somebody else shows. Raises InvalidInput, ReportClosed.
    """
    with transaction.atomic():
        locked = ReportPlan.objects.select_for_update().filter(pk=plan.pk, removed_at=None).first()
        if locked is None:
            raise ReportClosed(_("The report was removed meanwhile."))
        locked.owner = operator
        _write(locked, wanted, operator=operator, now=now)
        if not locked.is_active:
            locked.next_at = None
        locked.save(force_update=True)
        _compare(locked, wanted, operator=operator)
        _record("report.change", locked, operator, now, _told(locked))
    return locked


def switch_report(*, plan: ReportPlan, is_active: bool, operator: Operator, now: datetime) -> None:
    """Pause it, or switch it on from its next time. Raises ReportClosed when it is so already."""
    next_at = next_after(rhythm_of(plan), now) if is_active else None
    with transaction.atomic():
        other = ReportPlan.objects.filter(pk=plan.pk, is_active=not is_active, removed_at=None)
        if not other.update(is_active=is_active, next_at=next_at):
            raise ReportClosed(_("Somebody else was faster; load the page again."))
        _record("report.switch_on" if is_active else "report.switch_off", plan, operator, now)


def remove_report(*, plan: ReportPlan, operator: Operator, now: datetime) -> None:
    """Nothing is sent any more; what was sent stays in the history. Raises ReportClosed."""
    with transaction.atomic():
        there = ReportPlan.objects.filter(pk=plan.pk, removed_at=None)
        if not there.update(removed_at=now, is_active=False, next_at=None):
            raise ReportClosed(_("The report was removed meanwhile."))
        _record("report.remove", plan, operator, now)


def send_now(*, plan: ReportPlan, operator: Operator, now: datetime) -> ReportSending:
    """One more, at once, over the days it would cover today. Raises ReportClosed when one is
    under way: two presses of a button are one report.
    """
    with transaction.atomic():
        locked = ReportPlan.objects.select_for_update().filter(pk=plan.pk, removed_at=None).first()
        if locked is None:
            raise ReportClosed(_("The report was removed meanwhile."))
        if locked.sendings.filter(finished_at=None).exists():
            raise ReportClosed(_("One of it is being sent already."))
        sending = _planned(locked, now, now=now, asked_by=operator)
        _record("report.send", locked, operator, now, {"sending": sending.pk})
        enqueue_on_commit("analytics.send_reports")
    return sending


def fire_due(*, now: datetime) -> int:
    """Plan the sendings whose time has come; how many. Any number of clocks may tick at once."""
    due = ReportPlan.objects.filter(is_active=True, next_at__lte=now).order_by("next_at", "pk")
    made = 0
    for plan_id in list(due.values_list("pk", flat=True)[:_PLANS_AT_ONCE]):
        try:
            made += _fire(plan_id, now=now)
        except Exception:
            log.exception("report %s could not be planned", plan_id)
    return made


def _fire(plan_id: int, *, now: datetime) -> bool:
    """The newest time that has come, unless it is too long ago; earlier ones are noted as missed."""
    with transaction.atomic():
        plan = (
            ReportPlan.objects.select_for_update(skip_locked=True)
            .filter(pk=plan_id, is_active=True, next_at__lte=now)
            .first()
        )
        if plan is None or plan.next_at is None:
            return False
        rhythm = rhythm_of(plan)
        times = due_until(rhythm, plan.next_at, now)
        is_late = now - times[-1] > _WORTH_SENDING
        if not is_late:
            _planned(plan, times[-1], now=now)
        ReportPlan.objects.filter(pk=plan.pk).update(next_at=next_after(rhythm, now))
        missed = len(times) if is_late else len(times) - 1
        if missed:
            _record("report.missed", plan, None, now, {"count": missed})
            log.warning("report %s missed %s times", plan.pk, missed)
    return not is_late


def _planned(
    plan: ReportPlan, fire_at: datetime, *, now: datetime, asked_by: Operator | None = None
) -> ReportSending:
    period = covered(plan.covers, business_day(fire_at))
    sending, _made = ReportSending.objects.get_or_create(
        plan=plan,
        fire_at=fire_at,
        defaults={
            "first_on": period.first_on,
            "last_on": period.last_on,
            "asked_by": asked_by,
            "due_at": now,
            "created_at": now,
        },
    )
    return sending


def _write(plan: ReportPlan, wanted: Wanted, *, operator: Operator, now: datetime) -> None:
    """Fill the columns. Raises InvalidInput for the first thing wrong."""
    name = " ".join(wanted.name.split())
    if not 0 < len(name) <= NAME_CHARS:
        raise InvalidInput(
            _("Give it a name of at most %(most)s characters.") % {"most": NAME_CHARS}, field="name"
        )
    plan.name, plan.contents = name, _contents(wanted, operator)
    if wanted.covers not in Covers.values:
        raise InvalidInput(_("Choose one of the periods."), field="covers")
    plan.covers, plan.time = wanted.covers, wanted.time
    _write_rhythm(plan, wanted)
    if wanted.channel not in Channel.values:
        raise InvalidInput(_("Choose WeCom or mail."), field="channel")
    plan.channel = wanted.channel
    is_mail = wanted.channel == Channel.MAIL
    plan.addresses = _addresses(wanted.addresses) if is_mail else []
    plan.userids = [] if is_mail else _userids(wanted.userids)
    plan.next_at = next_after(rhythm_of(plan), now)


def _contents(wanted: Wanted, operator: Operator) -> list[str]:
    may = offered(operator)
    chosen = list(dict.fromkeys(wanted.contents))
    if not chosen:
        raise InvalidInput(_("Choose at least one figure."), field="contents")
    if len(chosen) > MOST_CONTENTS:
        raise InvalidInput(
            _("At most %(most)s: a picture that is too long is not read.")
            % {"most": MOST_CONTENTS},
            field="contents",
        )
    if not all(key in may for key in chosen):
        raise InvalidInput(_("Choose among the figures you may see."), field="contents")
    return [key for key in may if key in chosen]


def _compare(plan: ReportPlan, wanted: Wanted, *, operator: Operator) -> None:
    """Keep the segments of a saved plan. Raises InvalidInput."""
    found = set(wanted.segments)
    if not found and BY_SEGMENT.intersection(plan.contents):
        raise InvalidInput(_("Choose the segments to compare."), field="segments")
    if len(found) > MOST_SEGMENTS:
        words = _("Choose up to %(most)d segments.") % {"most": MOST_SEGMENTS}
        raise InvalidInput(words, field="segments")
    wrong = wrong_segments(found, operator)
    if wrong:
        raise InvalidInput(wrong, field="segments")
    plan.beside.all().delete()
    ReportSegment.objects.bulk_create(
        ReportSegment(plan=plan, segment_id=number) for number in found
    )


def _write_rhythm(plan: ReportPlan, wanted: Wanted) -> None:
    if wanted.every not in Every.values:
        raise InvalidInput(_("Send it every day, week or month."), field="every")
    plan.every, plan.weekday, plan.day = wanted.every, None, None
    if wanted.every == Every.WEEK:
        if wanted.weekday not in range(1, 8):
            raise InvalidInput(_("Choose a day of the week."), field="weekday")
        plan.weekday = wanted.weekday
    elif wanted.every == Every.MONTH:
        if wanted.day not in range(1, 32):
            raise InvalidInput(_("Choose a day of the month."), field="day")
        plan.day = wanted.day


def _userids(userids: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(userids))
    if not found:
        raise InvalidInput(_("Choose who gets it."), field="userids")
    if len(found) > MOST_RECEIVERS:
        words = _("At most %(most)s receivers.") % {"most": MOST_RECEIVERS}
        raise InvalidInput(words, field="userids")
    if unknown_userids(found):
        raise InvalidInput(_("Choose among the active staff."), field="userids")
    return found


def _addresses(addresses: Sequence[str]) -> list[str]:
    if not mail.is_set_up():
        raise InvalidInput(_("No mail server is set (SCRM_MAIL_HOST)."), field="channel")
    found = list(dict.fromkeys(one.strip() for one in addresses if one.strip()))
    if not found:
        raise InvalidInput(_("Give at least one mail address."), field="addresses")
    if len(found) > MOST_RECEIVERS:
        words = _("At most %(most)s receivers.") % {"most": MOST_RECEIVERS}
        raise InvalidInput(words, field="addresses")
    for one in found:
        try:
            validate_email(one)
        except ValidationError:
            words = _("“%(address)s” is no mail address.") % {"address": one[:80]}
            raise InvalidInput(words, field="addresses") from None
    return found


def _told(plan: ReportPlan) -> dict[str, Any]:
    """For the operation log: what leaves the house, when, and to whom."""
    return {
        "contents": plan.contents,
        "segments": plan.segment_ids,
        "every": plan.every,
        "channel": plan.channel,
        "to": plan.userids or plan.addresses,
    }


def _record(
    action: str,
    plan: ReportPlan,
    operator: Operator | None,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    record_act(action=action, operator=operator, now=now, subject=plan, details=details)
