"""The groups of a broadcast, and what became of each (客户群接收明细)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from broadcasts.models import Broadcast, GroupRecipient
from broadcasts.selectors.reasons import reason_words
from groups.selectors.group_list import visible_groups
from scrm.console.models import Operator

State = GroupRecipient.State


@dataclass(frozen=True)
class GroupOutcome:
    """So many groups of one broadcast by what became of them."""

    code: str
    words: str
    count: int


def group_recipients(
    broadcast: Broadcast, operator: Operator, *, state: str = "", reason: str = "", result: str = ""
) -> QuerySet[GroupRecipient]:
    """Rows with group and owner, of the groups this operator may see; as a result "sent" are
    those that got it and "open" those of which nothing is known yet.
    """
    rows = GroupRecipient.objects.filter(broadcast=broadcast).select_related(
        "group", "staff", "batch"
    )
    if not operator.sees_everything:
        rows = rows.filter(group__in=visible_groups(operator))
    if state:
        rows = rows.filter(state=state)
    if reason:
        rows = rows.filter(reason=reason)
    if result == "sent":
        return rows.filter(sent_at__isnull=False)
    if result == "open":
        return rows.filter(state=State.CHOSEN, result="", sent_at=None)
    return rows.filter(result=result) if result else rows


def reasons_of(broadcast: Broadcast) -> list[GroupOutcome]:
    """Why groups were left out, the largest reason first."""
    found = (
        GroupRecipient.objects.filter(broadcast=broadcast, state=State.EXCLUDED)
        .values_list("reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "reason")
    )
    return [GroupOutcome(code, reason_words(code), count) for code, count in found]


def outcome_words(row: GroupRecipient) -> tuple[str, bool]:
    """What became of one group in one word, and whether it got the message."""
    if row.state == State.EXCLUDED:
        return reason_words(row.reason), False
    if row.sent_at is not None:
        return "", True
    if row.result:
        return row.get_result_display(), False
    return (row.batch.get_state_display() if row.batch else row.get_state_display()), False
