"""What came of the messages of a journey: who ordered soon after (旅程带单)."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef

from broadcasts.models import JourneyStepLog, JourneyVersion
from broadcasts.policy.journey_definition import CONTACT, Send
from broadcasts.selectors.journey_definitions import BrokenDefinition, definition_of
from broadcasts.selectors.journey_figures import visible_runs
from contacts.models import Order
from scrm.console.models import Operator

DAYS = 7


def buyers_after(
    version: JourneyVersion, operator: Operator, *, days: int = DAYS
) -> dict[str, int]:
    """By message, how many customers paid an order within so many days after it had arrived.

    Only what followed, not what was caused: for that, compare with those held out. One query.
    """
    try:
        definition = definition_of(version)
    except BrokenDefinition:
        return {}
    messages = [step.id for step in definition.by_id.values() if isinstance(step, Send)]
    if definition.subject != CONTACT or not messages:
        return {}
    arrived = JourneyStepLog.objects.filter(version=version, step__in=messages, what="done")
    if not operator.sees_everything:
        arrived = arrived.filter(run__in=visible_runs(operator).filter(version=version))
    bought = Order.objects.filter(
        contact=OuterRef("run__contact"),
        paid_at__gt=OuterRef("at"),
        paid_at__lte=OuterRef("at") + timedelta(days=days),
    )
    rows = arrived.filter(Exists(bought)).order_by().values_list("step")
    counted = rows.annotate(number=Count(F("run__contact"), distinct=True))
    return {step: number for step, number in counted if number}
