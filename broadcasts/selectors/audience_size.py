"""How many a broadcast's audience holds while it is written (人群规模)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Sum

from contacts.models import Segment
from contacts.selectors.audiences import audience
from contacts.selectors.visibility import visible_contacts
from groups.models import GroupSegment
from groups.selectors.audiences import chats_of, read_group_rule
from groups.selectors.audiences import words_of as words_of_groups
from groups.selectors.group_list import visible_groups
from scrm.console.models import Operator
from scrm.segments.explain import explain
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError


@dataclass(frozen=True)
class AudienceSize:
    """Before the governor has judged. `left_out` are those of the segment that are in another one
    whose customers are left out; `members` are the people in the groups. `problem` names a
    segment whose rule can no longer be read, and then the rest is empty.
    """

    count: int = 0
    left_out: int = 0
    members: int = 0
    words: str = ""
    without: list[str] = field(default_factory=list)
    problem: str = ""


def customers_in(
    segment: Segment,
    *,
    without: Sequence[Segment],
    sender_ids: Sequence[int],
    operator: Operator,
    now: datetime,
) -> AudienceSize:
    """Of the customers this operator may see. Two counts."""
    try:
        picked = audience(read_rule(segment.rule), now)
        minus = [audience(read_rule(other.rule), now) for other in without]
        words = explain(read_rule(segment.rule))
    except RuleError:
        return AudienceSize(problem=_unreadable([segment, *without]))
    if not operator.sees_everything:
        picked = picked.filter(contact__in=visible_contacts(operator))
    if sender_ids:
        picked = picked.filter(staff_ids__overlap=list(sender_ids))
    total = picked.count()
    for other in minus:
        picked = picked.exclude(pk__in=other.values("pk"))
    count = picked.count() if minus else total
    return AudienceSize(
        count=count,
        left_out=total - count,
        words=words,
        without=[other.name for other in without],
    )


def groups_in(
    segment: GroupSegment, *, sender_ids: Sequence[int], operator: Operator, now: datetime
) -> AudienceSize:
    """Of the groups this operator may see. Two queries."""
    try:
        rule = read_group_rule(segment.rule)
    except RuleError:
        return AudienceSize(problem=segment.name)
    picked = chats_of(rule, now).filter(pk__in=visible_groups(operator).values("pk"))
    if sender_ids:
        picked = picked.filter(owner__in=sender_ids)
    members = picked.aggregate(members=Sum("facts__size"))["members"]
    return AudienceSize(count=picked.count(), members=members or 0, words=words_of_groups(rule))


def _unreadable(segments: Sequence[Segment]) -> str:
    for segment in segments:
        try:
            read_rule(segment.rule)
        except RuleError:
            return segment.name
    return ""
