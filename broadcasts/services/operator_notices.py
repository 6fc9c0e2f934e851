"""Tell operators of what cannot wait, by an app message (应用消息)."""

from __future__ import annotations

from datetime import datetime, timedelta

from broadcasts.models import OperatorNotice
from scrm import wecom
from scrm.console.models import Operator, Role

# WeCom drops an equal message within this time, which is longer than we try.
_ONCE_WITHIN = timedelta(hours=4)
_GIVE_UP = timedelta(hours=3)
_LONGEST_WAIT = timedelta(minutes=5)
_AT_ONCE = 20

State = OperatorNotice.State


def notify(*, text: str, author: Operator | None, now: datetime) -> OperatorNotice:
    """A message to `author` and every administrator, written in the caller's transaction."""
    asked = Operator.objects.filter(is_active=True, role=Role.ADMIN).exclude(staff_userid="")
    userids = set(asked.values_list("staff_userid", flat=True))
    if author is not None and author.is_active and author.staff_userid:
        userids.add(author.staff_userid)
    return OperatorNotice.objects.create(
        receivers=sorted(userids),
        text=text,
        state=State.SENDING if userids else State.NOBODY,
        created_at=now,
        next_at=now,
    )


def send_due(*, now: datetime) -> int:
    """Send what waits; how many WeCom took. What was not taken for hours is given up."""
    due = OperatorNotice.objects.filter(state=State.SENDING, next_at__lte=now)
    return sum(_send(notice, now=now) for notice in due.order_by("pk")[:_AT_ONCE])


def _send(notice: OperatorNotice, *, now: datetime) -> bool:
    mine = OperatorNotice.objects.filter(pk=notice.pk, state=State.SENDING)
    try:
        wecom.get_gateway().send_app_message(
            wecom.AppMessage.text(notice.text),
            userids=notice.receivers,
            once_within=_ONCE_WITHIN,
        )
    except wecom.WeComError as error:
        passes = error.retryable or isinstance(error, wecom.OutcomeUnknown)
        age = now - notice.created_at
        if passes and age < _GIVE_UP:
            wait = min(_LONGEST_WAIT, max(timedelta(seconds=15), age))
            mine.update(next_at=now + wait, error=str(error)[:256])
        else:
            mine.update(state=State.FAILED, error=str(error)[:256])
        return False
    return bool(mine.update(state=State.SENT, error=""))
