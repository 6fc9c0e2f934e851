"""Send reports (发送报表): each message at most once, whatever dies when.

A sending is taken by moving `due_at` beyond a lease. While it is planned nothing has left, so its
files are simply made again; they are fixed together with the messages that carry them. Before each
call its message is `sending`; a worker that finds it so after the lease, or that gets no readable
answer, does not know whether it arrived and repeats nothing. A surely refused one is tried for
three hours where the refusal may pass.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from analytics.models import ReportFile, ReportMessage, ReportPlan, ReportSending
from analytics.periods import Period
from analytics.selectors.report_plans import obstacle
from analytics.services.report_files import files_of, subject_of
from scrm import wecom
from scrm.console.datasets import NotYetKnown
from scrm.outgoing import mail

log = logging.getLogger(__name__)

# Longer than a task may run, so that no two workers hold one.
_LEASE = timedelta(minutes=6)
_GIVE_UP = timedelta(hours=3)
_LONGEST_WAIT = timedelta(minutes=15)
_A_MOMENT = timedelta(seconds=30)
_KEPT = timedelta(days=30)
State = ReportSending.State


class _Later(Exception):
    """Surely not sent now; the same call may be taken later."""


def send_next(*, now: datetime) -> bool:
    """Work on the sending that has been due the longest; False when none is. Safe to call twice."""
    sending = _claimed(now)
    if sending is None:
        return False
    try:
        _work(sending, now=now)
    except NotYetKnown:
        _put_off(sending, _("The figures are being worked out."), now=now, wait=_A_MOMENT)
    except Exception as error:
        log.exception("report %s could not be made", sending.pk)
        _put_off(sending, _("An error of the system: %(error)s") % {"error": error}, now=now)
    return True


def forget_old(*, now: datetime) -> int:
    """Take out the contents of files older than a month; the history stays."""
    old = ReportFile.objects.filter(sending__finished_at__lt=now - _KEPT, content__isnull=False)
    return old.update(content=None)


def _claimed(now: datetime) -> ReportSending | None:
    with transaction.atomic():
        sending = (
            ReportSending.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("plan", "plan__owner")
            .filter(state__in=[State.PLANNED, State.SENDING], due_at__lte=now)
            .order_by("due_at", "pk")
            .first()
        )
        if sending is not None:
            sending.due_at = now + _LEASE
            sending.save(update_fields=["due_at"])
    return sending


def _work(sending: ReportSending, *, now: datetime) -> None:
    with translation.override(sending.plan.language):
        sending.messages.filter(state=ReportMessage.State.SENDING).update(
            state=ReportMessage.State.UNKNOWN,
            reason=_("The worker that sent it died in the middle of the call."),
        )
        reason = obstacle(sending.plan)
        if reason and not _has_begun(sending):
            _finish(sending, State.FAILED, reason, now=now)
            return
        if sending.state == State.PLANNED:
            _fix(sending, now=now)
        try:
            for message in sending.messages.filter(state=ReportMessage.State.PLANNED):
                _deliver(sending, message, now=now)
        except _Later as later:
            _put_off(sending, str(later), now=now)
            return
        _conclude(sending, now=now)


def _has_begun(sending: ReportSending) -> bool:
    return sending.messages.exclude(state=ReportMessage.State.PLANNED).exists()


def _fix(sending: ReportSending, *, now: datetime) -> None:
    """Files and messages in one transaction: all of them or none."""
    files = files_of(sending, now=now)
    is_mail = sending.plan.channel == ReportPlan.Channel.MAIL
    with transaction.atomic():
        ReportFile.objects.bulk_create(files)
        carried: list[ReportFile | None] = [None] if is_mail else [*files]
        ReportMessage.objects.bulk_create(
            ReportMessage(sending=sending, place=place, file=file, addresses=sending.plan.addresses)
            for place, file in enumerate(carried)
        )
        sending.state = State.SENDING
        sending.save(update_fields=["state"])


def _deliver(sending: ReportSending, message: ReportMessage, *, now: datetime) -> None:
    """Raises _Later when it may be tried again."""
    if message.file is None:
        _by_mail(sending, message, now=now)
    else:
        _by_wecom(sending, message, message.file, now=now)


def _by_wecom(
    sending: ReportSending, message: ReportMessage, file: ReportFile, *, now: datetime
) -> None:
    gateway = wecom.get_gateway()
    kind = "image" if file.is_picture else "file"
    try:
        # An upload reaches nobody, so it needs no intent.
        media = gateway.upload_media(
            kind=kind, filename=file.name, content=bytes(file.content or b"")
        )
        if not _intend(message, now=now):
            return
        receipt = gateway.send_app_message(
            wecom.AppMessage.media(kind, media.media_id), userids=sending.plan.userids
        )
    except wecom.OutcomeUnknown as error:
        if message.intent_at is None:
            raise _Later(str(error)) from error
        _settle(message, ReportMessage.State.UNKNOWN, f"{error.advice} ({error})")
    except wecom.WeComError as error:
        if error.retryable and now - sending.created_at < _GIVE_UP:
            _back(message, str(error))
            raise _Later(str(error)) from error
        _settle(message, ReportMessage.State.FAILED, f"{error.advice} ({error})")
    else:
        missing = "、".join(receipt.invalid_userids)
        reason = _("Outside the app's range: %(names)s") % {"names": missing} if missing else ""
        _settle(message, ReportMessage.State.SENT, reason)


def _by_mail(sending: ReportSending, message: ReportMessage, *, now: datetime) -> None:
    plan, period = sending.plan, Period(sending.first_on, sending.last_on)
    attachments = [
        mail.Attachment(
            one.name, bytes(one.content or b""), "image/png" if one.is_picture else "text/csv"
        )
        for one in sending.files.all()
    ]
    words, to = _mail_words(plan, period), message.addresses or plan.addresses
    if not _intend(message, now=now):
        return
    is_patient = now - sending.created_at < _GIVE_UP
    try:
        refused = mail.send(mail.Mail(subject_of(plan, period), words, to, attachments))
    except mail.MailUnknown as error:
        _settle(message, ReportMessage.State.UNKNOWN, str(error))
    except mail.MailRefused as error:
        if error.passes and is_patient:
            _back(message, str(error))
            raise _Later(str(error)) from error
        _settle(message, ReportMessage.State.FAILED, str(error))
    else:
        _settle_mail(message, to, refused, is_patient=is_patient)


def _settle_mail(
    message: ReportMessage, to: list[str], refused: dict[str, mail.Refusal], *, is_patient: bool
) -> None:
    """Part its receivers by what became of them; the first part keeps the row. Raises _Later when
    some may be tried again.
    """
    states = ReportMessage.State
    of: dict[ReportMessage.State, list[str]] = {}
    for address in to:
        refusal = refused.get(address)
        state = states.SENT if refusal is None else states.FAILED
        if refusal is not None and refusal.passes and is_patient:
            state = states.PLANNED
        of.setdefault(state, []).append(address)
    with transaction.atomic():
        parts = [
            (state, of[state])
            for state in (states.SENT, states.FAILED, states.PLANNED)
            if of.get(state)
        ]
        (state, addresses), *others = parts
        words = _refused_words(addresses, refused)
        if not _of_mine(message).update(state=state, reason=words, addresses=addresses):
            return
        place = message.sending.messages.count()
        ReportMessage.objects.bulk_create(
            ReportMessage(
                sending=message.sending,
                place=place + number,
                state=state,
                addresses=addresses,
                attempts=message.attempts,
                intent_at=message.intent_at,
                reason=_refused_words(addresses, refused),
            )
            for number, (state, addresses) in enumerate(others)
        )
    if states.PLANNED in of:
        raise _Later(_refused_words(of[states.PLANNED], refused))


def _refused_words(addresses: list[str], refused: dict[str, mail.Refusal]) -> str:
    """Who was refused and what the mail server said; empty for those who have it."""
    said = [f"{one} ({refused[one].words})" for one in addresses if one in refused]
    return (
        (_("The mail server refused %(names)s") % {"names": "、".join(said)})[:256] if said else ""
    )


def _mail_words(plan: ReportPlan, period: Period) -> str:
    lines = [
        plan.name,
        _("Period %(period)s; figures that know no period are of the moment they were made.")
        % {"period": period},
        "",
        _("The picture and the tables are attached."),
    ]
    if settings.PUBLIC_URL:
        lines.append(settings.PUBLIC_URL + reverse("console:report", args=[plan.pk]))
    return "\n".join(lines)


def _intend(message: ReportMessage, *, now: datetime) -> bool:
    """Say that the call is about to be made; False when somebody else has said so."""
    mine = ReportMessage.objects.filter(pk=message.pk, state=ReportMessage.State.PLANNED)
    attempts = message.attempts + 1
    if not mine.update(state=ReportMessage.State.SENDING, intent_at=now, attempts=attempts):
        return False
    message.intent_at, message.attempts = now, attempts
    return True


def _back(message: ReportMessage, reason: str) -> None:
    """It surely did not happen: as before the call."""
    _of_mine(message).update(state=ReportMessage.State.PLANNED, reason=reason[:256])


def _settle(message: ReportMessage, state: ReportMessage.State, reason: str) -> None:
    _of_mine(message).update(state=state, reason=reason[:256])


def _of_mine(message: ReportMessage) -> QuerySet[ReportMessage]:
    """As this worker left it, so that one that woke up late changes nothing."""
    open_states = [ReportMessage.State.PLANNED, ReportMessage.State.SENDING]
    return ReportMessage.objects.filter(
        pk=message.pk, state__in=open_states, attempts=message.attempts
    )


def _put_off(
    sending: ReportSending, reason: str, *, now: datetime, wait: timedelta | None = None
) -> None:
    """Try again after `wait`, or after a growing gap; for three hours."""
    age = now - sending.created_at
    if age >= _GIVE_UP:
        sending.messages.filter(state=ReportMessage.State.PLANNED).update(
            state=ReportMessage.State.FAILED, reason=reason[:256]
        )
        _conclude(sending, now=now, reason=reason)
        return
    wait = wait or min(_LONGEST_WAIT, max(_A_MOMENT, age))
    ReportSending.objects.filter(pk=sending.pk, finished_at=None).update(
        due_at=now + wait, reason=reason[:256]
    )


def _conclude(sending: ReportSending, *, now: datetime, reason: str = "") -> None:
    """What became of all its messages together; the worst says it."""
    found = dict(sending.messages.values_list("state", "reason"))
    if {State.PLANNED, State.SENDING} & found.keys():
        return  # another worker is at it
    if State.UNKNOWN in found:
        _finish(sending, State.UNKNOWN, found[State.UNKNOWN] or reason, now=now)
        return
    if State.FAILED in found:
        worst = State.PARTLY if State.SENT in found else State.FAILED
        _finish(sending, worst, found[State.FAILED] or reason, now=now)
        return
    if not found:
        _finish(sending, State.FAILED, reason, now=now)
    else:
        _finish(sending, State.SENT, found.get(State.SENT, ""), now=now)


def _finish(sending: ReportSending, state: State, reason: str, *, now: datetime) -> None:
    ReportSending.objects.filter(pk=sending.pk, finished_at=None).update(
        state=state, reason=reason[:256], finished_at=now
    )
