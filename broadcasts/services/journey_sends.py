"""The messages of journeys (旅程群发): everybody who comes to a step within a slot shares one
ordinary broadcast, so that the governor, the hold-out and the exactness of sending hold.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from broadcasts.models import Broadcast, Journey, JourneyRun, JourneySend, Touch
from broadcasts.models.broadcast import FINAL, PAUSABLE, IllegalMove
from broadcasts.policy.decision import Reason
from broadcasts.policy.group_sending import GroupReason
from broadcasts.policy.journey_definition import CONTACT, Send
from broadcasts.policy.journey_slots import slot_of, try_again_at, window_end
from broadcasts.policy.terms import Terms
from broadcasts.selectors.journey_definitions import BrokenDefinition, definition_of
from broadcasts.selectors.policy import house_terms, policy_settings
from broadcasts.selectors.switch import is_stopped
from broadcasts.selectors.windows import slot_length
from broadcasts.services import control
from broadcasts.services.journey_sql import (
    CONTACT_OUTCOMES,
    GROUP_OUTCOMES,
    LOCK_SENDS,
    OPEN_SENDS,
    SETTLE,
)
from scrm.console.models import Operator

log = logging.getLogger(__name__)

# Names the customers, or the groups, who wait for one message.
WAITING, GROUPS_WAITING = "journey.waiting", "chat.journey_waiting"
# No waiting helps: the run leaves. All other reasons of the governor pass.
_LEAVES = [str(Reason.NOT_FRIEND), str(Reason.DO_NOT_CONTACT), str(GroupReason.DISSOLVED)]
# The message is left out and the run goes on without it.
_SKIPS = [
    *(str(Reason.HELD_OUT), str(Reason.GLOBAL_HOLDOUT), str(Reason.TOPIC)),
    *("refused", "stopped"),
]
_AFTER = timedelta(microseconds=1)

Key = tuple[int, str, datetime]


def join(
    waiting: Sequence[tuple[int, int, str, datetime]], *, channel: str, now: datetime
) -> dict[int, int]:
    """Find the message of each (run, version, step, due at) and hold its slot open until the
    transaction ends; answers the message by run. `channel` is private or group.
    """
    if not waiting:
        return {}
    terms = house_terms().over(channel)
    wanted = {
        run_id: (version_id, step, slot_of(terms, due_at, now, length=slot_length()))
        for run_id, version_id, step, due_at in waiting
    }
    found: dict[int, int] = {}
    while wanted:
        sends = _opened(set(wanted.values()))
        late = {}
        for run_id, key in wanted.items():
            send_id, is_open = sends[key]
            if is_open:
                found[run_id] = send_id
            else:
                version_id, step, slot_at = key
                later = slot_of(terms, max(slot_at, now) + _AFTER, now, length=slot_length())
                late[run_id] = (version_id, step, later)
        wanted = late
    return found


def close_slots(*, now: datetime) -> int:
    """Schedule the broadcast of every slot that is over; how many.

    A slot stays open while runs that were due within it have not been looked at, while its
    journey is paused, and while all sending is switched off.
    """
    due = JourneySend.objects.filter(
        settled_at=None,
        broadcast=None,
        slot_at__lte=now,
        version__journey__state=Journey.State.ACTIVE,
    )
    behind = JourneyRun.objects.filter(
        journey=OuterRef("version__journey"), due_at__lte=OuterRef("slot_at")
    )
    ids = list(due.filter(~Exists(behind)).order_by("slot_at", "pk").values_list("pk", flat=True))
    closed = 0
    for send_id in ids:
        try:
            closed += _close(send_id, now=now)
        except BrokenDefinition:
            log.exception("the message %s of a journey cannot be read", send_id)
    return closed


def settle_sends(*, now: datetime) -> int:
    """Move on the runs whose message has arrived, was refused or has to wait; how many runs."""
    known = Q(broadcast__frozen_at__isnull=False) | Q(broadcast__state__in=FINAL)
    open_sends = JourneySend.objects.filter(known, settled_at=None, broadcast__isnull=False)
    rows = open_sends.select_related("broadcast", "version__journey").order_by("pk")
    moved = 0
    for send in rows:
        try:
            moved += _settle(send, now=now)
        except BrokenDefinition:
            log.exception("the message %s of a journey cannot be read", send.pk)
    return moved


def pause_sends(*, journey_id: int, operator: Operator, now: datetime) -> None:
    """Hand nothing more over of the messages of this journey."""
    for broadcast in _live_broadcasts(journey_id).filter(paused_at=None, state__in=PAUSABLE):
        _try(control.pause, broadcast, operator, now)


def resume_sends(*, journey_id: int, operator: Operator, now: datetime) -> None:
    for broadcast in _live_broadcasts(journey_id).filter(paused_at__isnull=False):
        _try(control.resume, broadcast, operator, now)


def stop_sends(*, journey_id: int, operator: Operator, now: datetime) -> None:
    for broadcast in _live_broadcasts(journey_id):
        _try(control.stop, broadcast, operator, now)
    JourneySend.objects.filter(version__journey=journey_id, settled_at=None).update(settled_at=now)


def _opened(keys: set[Key]) -> dict[Key, tuple[int, bool]]:
    columns = [list(column) for column in zip(*sorted(keys), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(OPEN_SENDS, columns)
        cursor.execute(LOCK_SENDS, columns)
        return {
            (version_id, step, slot_at): (send_id, is_open)
            for send_id, version_id, step, slot_at, is_open in cursor.fetchall()
        }


def _close(send_id: int, *, now: datetime) -> int:
    with transaction.atomic():
        send = (
            JourneySend.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("version__journey")
            .filter(pk=send_id, broadcast=None, settled_at=None)
            .first()
        )
        if send is None:
            return 0
        waiting = JourneyRun.objects.filter(send=send)
        if not waiting.exists():
            JourneySend.objects.filter(pk=send.pk).update(settled_at=now)
            return 0
        channel = Touch.Channel.PRIVATE if _is_for_contacts(send) else Touch.Channel.GROUP
        if is_stopped(channel):
            return 0
        terms = house_terms().over(channel)
        if slot_of(terms, now, now, length=_AFTER) > now:
            # Too late for this day: the quiet hours are here or near.
            waiting.update(
                state=JourneyRun.State.RUNNING, send=None, due_at=now, held_by=str(Reason.QUIET)
            )
            JourneySend.objects.filter(pk=send.pk).update(settled_at=now)
            return 0
        broadcast = _broadcast(send, terms, now=now)
        JourneySend.objects.filter(pk=send.pk).update(broadcast=broadcast)
    return 1


def _broadcast(send: JourneySend, terms: Terms, *, now: datetime) -> Broadcast:
    version, journey = send.version, send.version.journey
    step = definition_of(version).by_id[send.step]
    assert isinstance(step, Send)
    is_private = _is_for_contacts(send)
    name = f"{journey.name[:40]} · {step.title or step.id}"
    return Broadcast.objects.create(
        name=name[:64],
        kind=Broadcast.Kind.PRIVATE if is_private else Broadcast.Kind.GROUP,
        benefit=step.benefit or journey.name,
        rule={
            "field": WAITING if is_private else GROUPS_WAITING,
            "op": "any",
            "value": [send.pk],
        },
        text=step.text.strip(),
        attachments=[dict(attachment) for attachment in step.attachments],
        touch_class=step.touch_class,
        topic_id=step.topic,
        priority=policy_settings().journey_priority,
        holdout_percent=0,
        origin=Broadcast.Origin.JOURNEY,
        window_start=now,
        window_end=window_end(terms, now),
        state=Broadcast.State.SCHEDULED,
        created_by_id=version.published_by_id,
        created_at=now,
        scheduled_at=now,
    )


def _settle(send: JourneySend, *, now: datetime) -> int:
    definition = definition_of(send.version)
    broadcast = send.broadcast
    assert broadcast is not None
    outcomes = CONTACT_OUTCOMES if _is_for_contacts(send) else GROUP_OUTCOMES
    parameters: dict[str, Any] = {
        "send": send.pk,
        "broadcast": broadcast.pk,
        "now": now,
        "step": send.step,
        "following": definition.following[send.step],
        "again": try_again_at(house_terms().over(broadcast.kind), now),
        "skips": _SKIPS,
        "given_up": _was_given_up(broadcast),
        "leaves": _LEAVES,
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(SETTLE.format(outcomes=outcomes), parameters)
            (moved,) = cursor.fetchone() or (0,)
        left = JourneyRun.objects.filter(send=send)
        JourneySend.objects.filter(~Exists(left), pk=send.pk).update(settled_at=now)
    return int(moved)


def _was_given_up(broadcast: Broadcast) -> bool:
    """Somebody, or something, decided that this message is not to be sent."""
    reasons = Broadcast.StopReason
    return broadcast.stop_reason in {reasons.OPERATOR, reasons.HARM, reasons.AUDIENCE}


def _is_for_contacts(send: JourneySend) -> bool:
    return send.version.journey.subject == CONTACT


def _live_broadcasts(journey_id: int) -> QuerySet[Broadcast]:
    return Broadcast.objects.filter(journey_send__version__journey=journey_id).exclude(
        state__in=FINAL
    )


def _try(
    verb: Callable[..., object], broadcast: Broadcast, operator: Operator, now: datetime
) -> None:
    """What has moved on by itself meanwhile needs nothing."""
    try:
        verb(broadcast=broadcast, operator=operator, now=now)
    except IllegalMove:
        log.info("broadcast %s moved on by itself", broadcast.pk)
