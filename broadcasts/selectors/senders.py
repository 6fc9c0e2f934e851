"""The staff who may be asked to send (发送成员)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from contacts.models import Staff
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator


def possible_senders(operator: Operator) -> QuerySet[Staff]:
    """Active staff who serve customers, of those whose customers this operator may see."""
    able = visible_staff(operator).filter(is_following=True, status=Staff.Status.ACTIVE)
    return able.order_by("name", "pk")


def names_of(sender_ids: Sequence[int]) -> list[str]:
    """One query, or none."""
    if not sender_ids:
        return []
    return [str(one) for one in Staff.objects.filter(pk__in=sender_ids).order_by("name", "pk")]
