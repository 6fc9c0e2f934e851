"""What will become of a journey's message that has not gone out yet (旅程待发消息), by what is known now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from broadcasts.models import JourneyRun, Recipient
from broadcasts.policy.decision import Allow, Reason
from broadcasts.policy.journey_definition import CONTACT, Definition, Send
from broadcasts.selectors.journey_definitions import BrokenDefinition, definition_of
from broadcasts.selectors.one_verdict import verdict_for
from broadcasts.selectors.policy import house_terms


def why_not(definition: Definition, step_id: str, contact_id: int, at: datetime) -> str:
    """What the governor has against the message of this step at that moment; "" if nothing.
    Groups are not asked about. A few queries.
    """
    step = definition.by_id.get(step_id)
    if definition.subject != CONTACT or not isinstance(step, Send):
        return ""
    terms = replace(house_terms(step.touch_class), topic=step.topic)
    verdict = verdict_for(contact_id, terms=terms, now=at)
    return "" if isinstance(verdict, Allow) else str(verdict.reason)


def left_out(run: JourneyRun, *, now: datetime) -> str:
    """Why the message that this run waits for will not go to her; "" when nothing is known
    against it. `run` comes with its version, `send` and the broadcast of that.
    """
    if run.state != JourneyRun.State.SENDING or run.send is None or run.contact_id is None:
        return ""
    broadcast = run.send.broadcast
    if broadcast is not None and broadcast.frozen_at is not None:
        place = Recipient.objects.filter(broadcast=broadcast, contact_id=run.contact_id).first()
        if place is None:
            return ""
        return str(Reason.HELD_OUT) if place.state == Recipient.State.HELD_OUT else place.reason
    try:
        definition = definition_of(run.version)
    except BrokenDefinition:
        return ""
    return why_not(definition, run.step, run.contact_id, max(now, run.send.slot_at))
