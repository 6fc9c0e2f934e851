"""Answer welcome codes (发送欢迎语): inside 20 seconds, once, and never silently not at all.

The row is written before WeCom is called and says so; how it ended is written after. A worker
that dies in between leaves a row whose call may have been heard: it is made again, because a code
works once, and "taken" then means that the first call delivered it. Good news is always taken
down; bad news only from the attempt that is the latest.
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from broadcasts.models import Touch, TouchClass, Welcome, WelcomeDelivery
from broadcasts.selectors.switch import is_stopped
from broadcasts.selectors.welcomes import Content, RecentRules, content_of, staff_named
from broadcasts.services.media import forget_media, media_ids_in
from contacts.models import Contact, Staff
from scrm import wecom
from scrm.wecom.callback.letters import WelcomeLetter

log = logging.getLogger(__name__)

LIFE = timedelta(seconds=20)  # of a code, says WeCom
# Longer than a hurried call lasts; then whoever finds the row may call again.
LEASE = timedelta(seconds=9)
_ERROR_KEPT = 300
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=0.3), timedelta(seconds=2)

State, Reason = WelcomeDelivery.State, WelcomeDelivery.Reason

_CLAIM = """
INSERT INTO broadcasts_welcomedelivery AS delivery (
    digest, external_userid, userid, channel_state, staff_id, welcome_id, state, reason, error,
    attempts, is_calling, is_unsure, is_bare, received_at, claimed_at, next_at
) VALUES (
    %(digest)s, %(external_userid)s, %(userid)s, %(state)s, %(staff_id)s, %(welcome_id)s,
    'sending', '', '', 1, true, false, false, %(received_at)s, %(now)s, %(lease_until)s
)
ON CONFLICT (digest) DO UPDATE SET
    attempts = delivery.attempts + 1,
    is_unsure = delivery.is_unsure OR delivery.is_calling,
    is_calling = true,
    welcome_id = excluded.welcome_id,
    next_at = excluded.next_at
WHERE delivery.state = 'sending' AND delivery.next_at <= %(now)s
RETURNING id, attempts, is_unsure, is_bare
"""


@dataclass(frozen=True)
class _Claim:
    """The right to make one call for a code."""

    id: int
    attempt: int
    is_unsure: bool
    is_bare: bool


@dataclass
class _Trouble:
    """What an error means: final with a reason, or worth another try after a pause."""

    reason: str
    pause: timedelta | None = None
    error: str = ""
    is_unsure: bool = False
    is_bare: bool = False
    media_ids: list[str] = field(default_factory=list)


class Answerer:
    """Makes attempts; remembers the rules for a second. One per process, safe in threads."""

    def __init__(self) -> None:
        self._rules = RecentRules()

    def attempt(self, letter: WelcomeLetter, *, now: datetime) -> datetime | None:
        """One attempt to answer a code; the moment of the next, None when there is none to make.

        Whatever the letter, afterwards there is a row that says what became of the code, or that
        somebody is at it. Safe to call twice, and at once from two processes.
        """
        began = time.monotonic()
        if now - letter.received_at >= LIFE:
            record_late(letter, now=now)
            return None
        staff = staff_named(letter.userid)
        if is_stopped(Touch.Channel.WELCOME):
            _record_unanswered(letter, Reason.STOPPED, staff=staff, now=now)
            return None
        welcome = self._chosen(letter, staff)
        if welcome is None:
            _record_unanswered(letter, Reason.NO_RULE, staff=staff, now=now)
            return None
        contact = Contact.objects.filter(external_userid=letter.external_userid).first()
        claim = _claim(letter, staff, welcome, now=now)
        if claim is None:
            return None
        content = content_of(
            welcome,
            customer=contact.name if contact else "",
            staff=staff.name if staff else "",
            now=now,
            is_bare=claim.is_bare,
        )
        trouble = _call(letter, content, claim)
        done_at = now + timedelta(seconds=time.monotonic() - began)
        if trouble is None:
            _record_sent(letter, claim, contact, staff, now=done_at)
            return None
        return _record_trouble(letter, claim, trouble, now=done_at)

    def _chosen(self, letter: WelcomeLetter, staff: Staff | None) -> Welcome | None:
        rules = self._rules.get()
        newcomer = rules.newcomer(
            userid=letter.userid, staff=staff, state=letter.state, at=letter.received_at
        )
        return next(iter(rules.ranked(newcomer)), None)


def digest_of(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def record_late(letter: WelcomeLetter, *, now: datetime) -> None:
    """The code's time is over: nobody took it up, or whoever did never finished."""
    _record_unanswered(letter, Reason.LATE, staff=staff_named(letter.userid), now=now)
    close_overdue(now=now, digest=digest_of(letter.code))


def close_overdue(*, now: datetime, digest: str = "") -> int:
    """End the rows that are still open when their codes are dead and nobody can be calling."""
    overdue = WelcomeDelivery.objects.filter(
        state=State.SENDING, next_at__lte=now, received_at__lte=now - LIFE
    )
    if digest:
        overdue = overdue.filter(digest=digest)
    final: dict[str, Any] = {"state": State.MISSED, "next_at": None, "finished_at": now}
    unknown = overdue.exclude(is_calling=False, is_unsure=False).update(
        reason=Reason.UNKNOWN, is_calling=False, is_unsure=True, **final
    )
    return unknown + overdue.update(reason=Reason.LATE, **final)


def _claim(
    letter: WelcomeLetter, staff: Staff | None, welcome: Welcome, *, now: datetime
) -> _Claim | None:
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "digest": digest_of(letter.code),
                "external_userid": letter.external_userid[:64],
                "userid": letter.userid[:64],
                "state": letter.state[:64],
                "staff_id": staff.pk if staff else None,
                "welcome_id": welcome.pk,
                "received_at": letter.received_at,
                "now": now,
                "lease_until": now + LEASE,
            },
        )
        row = cursor.fetchone()
    return _Claim(*row) if row else None


def _call(letter: WelcomeLetter, content: Content, claim: _Claim) -> _Trouble | None:
    """None: delivered, now or by an earlier call that was not heard of again."""
    if not content.text and not content.attachments:
        return _Trouble(Reason.CONTENT)
    try:
        wecom.get_gateway(hurry=True).send_welcome(
            welcome_code=letter.code, text=content.text, attachments=content.attachments
        )
    except wecom.WelcomeTaken:
        return None if claim.is_unsure else _Trouble(Reason.TAKEN)
    except wecom.WeComError as error:
        log.info("welcome to %s not accepted: %s", letter.external_userid, error)
        trouble = _judged(error, content, claim)
        trouble.error = str(error).replace("\0", "").replace(letter.code, "…")[:_ERROR_KEPT]
        return trouble
    return None


def _judged(error: wecom.WeComError, content: Content, claim: _Claim) -> _Trouble:
    soon = min(_FIRST_PAUSE * 2 ** (claim.attempt - 1), _LONGEST_PAUSE)
    if isinstance(error, wecom.OutcomeUnknown):
        return _Trouble(Reason.UNKNOWN, soon, is_unsure=True)
    if isinstance(error, wecom.WelcomeExpired):
        return _Trouble(Reason.EXPIRED)
    if isinstance(error, wecom.MediaExpired) and content.has_pictures:
        media_ids = media_ids_in(content.attachments)
        return _Trouble(Reason.CONTENT, timedelta(0), is_bare=True, media_ids=media_ids)
    for kind, reason, pause in (
        (wecom.WelcomeContested, Reason.CONTESTED, timedelta(seconds=1)),
        (wecom.OnHold, Reason.UNREACHABLE, timedelta(seconds=error.retry_after)),
        (wecom.RateLimited, Reason.RATE_LIMITED, timedelta(seconds=error.retry_after)),
        (wecom.Busy, Reason.RATE_LIMITED, soon),
        (wecom.NotConnected, Reason.UNREACHABLE, soon),
        (wecom.TokenInvalid, Reason.MISCONFIGURED, _LONGEST_PAUSE),
        (wecom.Misconfigured, Reason.MISCONFIGURED, None),
        (wecom.BadRequest, Reason.CONTENT, None),
    ):
        if isinstance(error, kind):
            return _Trouble(reason, pause)
    return _Trouble(Reason.REFUSED)


def _record_sent(
    letter: WelcomeLetter,
    claim: _Claim,
    contact: Contact | None,
    staff: Staff | None,
    *,
    now: datetime,
) -> None:
    delay = max(0, round((now - letter.received_at) / timedelta(milliseconds=1)))
    with transaction.atomic():
        recorded = (
            WelcomeDelivery.objects.filter(pk=claim.id)
            .exclude(state=State.SENT)
            .update(
                state=State.SENT,
                reason="",
                error="",
                is_calling=False,
                next_at=None,
                finished_at=now,
                delay_ms=delay,
                contact=contact,
            )
        )
        if recorded and contact is not None:
            record_touch(contact_id=contact.pk, staff_id=staff.pk if staff else None, at=now)


def record_touch(*, contact_id: int, staff_id: int | None, at: datetime) -> None:
    """A welcome is owed to the customer: it counts for no cap, but it is told."""
    Touch.objects.create(
        contact_id=contact_id,
        staff_id=staff_id,
        channel=Touch.Channel.WELCOME,
        touch_class=TouchClass.SERVICE,
        at=at,
    )


def _record_trouble(
    letter: WelcomeLetter, claim: _Claim, trouble: _Trouble, *, now: datetime
) -> datetime | None:
    mine = WelcomeDelivery.objects.filter(pk=claim.id, state=State.SENDING, attempts=claim.attempt)
    if trouble.is_bare:
        forget_media(media_ids=trouble.media_ids)
    if trouble.pause is None or now + trouble.pause >= letter.received_at + LIFE:
        mine.update(
            state=State.MISSED,
            # An earlier call may have been heard, whatever this one was told.
            reason=Reason.UNKNOWN if claim.is_unsure else trouble.reason,
            error=trouble.error,
            is_calling=False,
            next_at=None,
            finished_at=now,
        )
        return None
    again_at = now + trouble.pause
    recorded = mine.update(
        error=trouble.error,
        is_calling=False,
        is_unsure=claim.is_unsure or trouble.is_unsure,
        is_bare=claim.is_bare or trouble.is_bare,
        next_at=again_at,
    )
    return again_at if recorded else None


def _record_unanswered(
    letter: WelcomeLetter, reason: str, *, staff: Staff | None, now: datetime
) -> None:
    """A code for which no call was made. A row that is there already stays as it is."""
    WelcomeDelivery.objects.bulk_create(
        [
            WelcomeDelivery(
                digest=digest_of(letter.code),
                external_userid=letter.external_userid[:64],
                userid=letter.userid[:64],
                channel_state=letter.state[:64],
                staff=staff,
                state=State.MISSED,
                reason=reason,
                received_at=letter.received_at,
                claimed_at=now,
                finished_at=now,
            )
        ],
        ignore_conflicts=True,
    )
