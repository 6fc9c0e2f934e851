"""What waits for approval (审批)."""

from __future__ import annotations

from django.db.models import QuerySet

from broadcasts.models import Broadcast
from broadcasts.selectors.progress import visible_broadcasts
from scrm.console.models import Operator

MAY_APPROVE = "broadcasts.approve_broadcast"


def waiting_for_review(operator: Operator) -> QuerySet[Broadcast]:
    """Submitted broadcasts this operator may see, the one whose window opens first on top."""
    rows = visible_broadcasts(operator).filter(state=Broadcast.State.REVIEW)
    return rows.select_related("submitted_by").order_by("window_start", "pk")


def waiting_count(operator: Operator) -> int:
    """How many wait for this operator's word; 0 for who may not give it."""
    if not operator.has_perm(MAY_APPROVE):
        return 0
    rows = Broadcast.objects.filter(state=Broadcast.State.REVIEW)
    if not operator.sees_everything:
        rows = rows.filter(created_by=operator)
    return rows.count()
