"""Change what a recurring broadcast says, or delete it (编辑周期群发)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import BroadcastPlan, IllegalMove
from broadcasts.models.written import Written
from broadcasts.policy.recurrence import Rhythm
from broadcasts.services.compose import Draft, columns_of
from broadcasts.services.plans import change_rhythm, next_window_of
from scrm.audit.services import record_act
from scrm.console.models import Operator


def change_plan(
    *, plan: BroadcastPlan, draft: Draft, rhythm: Rhythm, operator: Operator, now: datetime
) -> BroadcastPlan:
    """From the next time on it says this, in this rhythm; what was made stays as it was.

    The draft's own window is not looked at. Raises InvalidInput for the first thing wrong with
    the message or the rhythm.
    """
    start, end = next_window_of(rhythm, now)
    columns = columns_of(replace(draft, window_start=start, window_end=end), now=now)
    written = {field.name for field in Written._meta.get_fields()}
    kept = {name: value for name, value in columns.items() if name in written}
    with transaction.atomic():
        BroadcastPlan.objects.filter(pk=plan.pk).update(**kept, variants=draft.variants)
        return change_rhythm(plan=plan, rhythm=rhythm, operator=operator, now=now)


def delete_plan(*, plan: BroadcastPlan, operator: Operator, now: datetime) -> None:
    """Raises IllegalMove when broadcasts came of it: they are history, and name it."""
    with transaction.atomic():
        locked = BroadcastPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        if locked.broadcasts.exists():
            raise IllegalMove(_("Broadcasts came of it, which name it. Pause it instead."))
        record_act(action="broadcast_plan.delete", operator=operator, now=now, subject=plan)
        locked.delete()
