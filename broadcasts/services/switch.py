"""Stop all sending, and let it go on (一键停发, 恢复)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from broadcasts.models import StopSwitch
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.jobs import enqueue_on_commit
from scrm.typed import one_line

_LONGEST_REASON = 200


class AlreadySo(ScrmError):
    """The switch is on already, or off already."""

    code = "already_so"


def stop_all(
    *, reason: str, with_welcomes: bool, operator: Operator | None, now: datetime
) -> StopSwitch:
    """From now on nothing is handed over to WeCom. What staff hold already, they can still send.

    Raises InvalidInput without a reason, AlreadySo when it is on.
    """
    reason = one_line(reason)
    if not reason:
        raise InvalidInput(
            _("Say why: whoever finds everything standing still will ask."), field="reason"
        )
    if len(reason) > _LONGEST_REASON:
        message = _("At most %(most)d characters.") % {"most": _LONGEST_REASON}
        raise InvalidInput(message, field="reason")
    try:
        with transaction.atomic():
            stop = StopSwitch.objects.create(
                reason=reason, with_welcomes=with_welcomes, stopped_at=now, stopped_by=operator
            )
            record_act(
                action="sending.stop",
                operator=operator,
                now=now,
                subject=stop,
                details={"reason": reason, "with_welcomes": with_welcomes},
            )
    except IntegrityError as error:
        raise AlreadySo(_("All sending is stopped already.")) from error
    return stop


def resume_all(*, operator: Operator | None, now: datetime) -> StopSwitch:
    """Whatever still lies in its window goes on. Raises AlreadySo when nothing is stopped."""
    with transaction.atomic():
        stop = StopSwitch.objects.select_for_update().filter(resumed_at=None).first()
        if stop is None:
            raise AlreadySo(_("Nothing is stopped."))
        stop.resumed_at, stop.resumed_by = now, operator
        stop.save(update_fields=["resumed_at", "resumed_by"])
        record_act(action="sending.resume", operator=operator, now=now, subject=stop)
        enqueue_on_commit("broadcasts.tick")
    return stop
