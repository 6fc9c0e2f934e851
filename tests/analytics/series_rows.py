"""Recurring broadcasts and journeys that sent, for the tests of what they brought as a whole."""

from __future__ import annotations

from broadcasts.models import GroupRecipient, JourneySend
from tests.analytics.effect_rows import FIXED, sent
from tests.broadcasts import journey_rows
from tests.broadcasts import rows as broadcast_rows
from tests.contacts import rows


def sent_by(plan, *, fixed=FIXED, **overrides):
    """One broadcast of a plan, as `sent` makes it."""
    return sent(fixed=fixed, origin="plan", plan=plan, fire_at=fixed, **overrides)


def walked(*steps, **overrides):
    """A journey in force."""
    return journey_rows.journey(*steps, **overrides)


def sent_in(journey, step="hello", *, fixed=FIXED, **overrides):
    """One broadcast of a step of a journey, without a hold-out of its own."""
    made = sent(fixed=fixed, origin="journey", kept=[], **overrides)
    JourneySend.objects.create(version=journey.version, step=step, slot_at=fixed, broadcast=made)
    return made


def to_groups(plan, states, *, fixed=FIXED):
    """One broadcast of a plan to groups; `states` is whether each was written to, by group."""
    made = sent_by(
        plan,
        fixed=fixed,
        people=[],
        kept=[],
        kind="group",
        segment=None,
        group_segment=plan.group_segment,
        holdout_percent=50,
    )
    member = rows.staff()
    for place, (chat, is_chosen) in enumerate(states):
        state = {"state": "held_out"}
        if is_chosen:
            batch = made.batches.create(staff=member, seq=place, size=1)
            state = {"state": "chosen", "batch": batch, "staff": member}
        GroupRecipient.objects.create(broadcast=made, group=chat, chat_id=chat.chat_id, **state)
    return made


def group_plan():
    return broadcast_rows.plan(
        kind="group", segment=None, group_segment=broadcast_rows.group_segment(), text="Hi"
    )
