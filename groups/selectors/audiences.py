"""Which groups a rule picks (群人群): the groups, how many, a sample, and the rule in words.

Rules are in the language of `scrm.segments` over GroupFacts; dismissed groups are in none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from groups.models import GroupChat, GroupFacts, GroupSegment
from groups.selectors.group_list import visible_groups
from scrm.console.models import Operator
from scrm.segments.compile import to_q
from scrm.segments.days import business_day
from scrm.segments.evaluate import evaluate
from scrm.segments.explain import explain
from scrm.segments.fetch import values_of
from scrm.segments.fields import read_rule, rule_problems
from scrm.segments.nodes import All, Node, leaves
from scrm.segments.outline import Line, explain_to
from scrm.segments.parse import RuleError

BASE = "groups.GroupFacts"
SAMPLE_SIZE = 10


def read_group_rule(data: object) -> Node:
    """A rule about groups (JSON) as nodes. Raises RuleError."""
    return read_rule(data, base=BASE)


def chats_of(rule: Node, now: datetime) -> QuerySet[GroupChat]:
    """The living groups that a rule picks, unordered; broadcasts to groups start here."""
    return GroupChat.objects.filter(pk__in=facts_of(rule, now).values("pk"))


def facts_of(rule: Node, now: datetime) -> QuerySet[GroupFacts]:
    """The facts rows of these groups; their primary key is the group's."""
    living = GroupFacts.objects.filter(group__dismissed_at__isnull=True)
    return living.filter(to_q(rule, now=now))


def words_of(rule: Node) -> str:
    """The rule as a sentence."""
    return _("all groups") if rule == All(()) else explain(rule)


def live_segments() -> QuerySet[GroupSegment]:
    """Group segments that are not archived, the last changed first."""
    return GroupSegment.objects.filter(is_archived=False).order_by("-updated_at", "-pk")


@dataclass(frozen=True)
class Shown:
    """A saved rule as a page tells it: in words, with how many groups it picks for this operator.
    `problem` says why a rule can no longer be read; then the rest is empty.
    """

    segment: GroupSegment
    words: str = ""
    size: int | None = None
    problem: str = ""


def shown(segment: GroupSegment, operator: Operator, now: datetime) -> Shown:
    try:
        rule = read_group_rule(segment.rule)
    except RuleError as error:
        return Shown(segment, problem=str(error))
    return Shown(segment, words_of(rule), _within_scope(rule, operator, now).count())


def sample(rule: Node, operator: Operator, now: datetime) -> list[GroupChat]:
    """Some of the groups a rule picks that this operator may see, the largest first."""
    picked = _within_scope(rule, operator, now).select_related("owner", "facts")
    return list(picked.order_by("-facts__size", "pk")[:SAMPLE_SIZE])


@dataclass(frozen=True)
class GroupPreview:
    """What a builder shows while a rule is written; with `errors` nothing else is filled."""

    count: int | None = None
    milliseconds: int | None = None
    words: str = ""
    sample: list[GroupChat] = field(default_factory=list)
    errors: list[RuleError] = field(default_factory=list)


def preview(data: object, operator: Operator, now: datetime) -> GroupPreview:
    """Count, explain and sample a rule that may still be wrong, over what the operator may see."""
    rule, errors = rule_problems(data, base=BASE)
    if rule is None:
        return GroupPreview(errors=errors)
    began = perf_counter()
    size = _within_scope(rule, operator, now).count()
    milliseconds = round((perf_counter() - began) * 1000)
    return GroupPreview(size, milliseconds, words_of(rule), sample(rule, operator, now))


@dataclass(frozen=True)
class GroupWhy:
    """Whether a rule picks a group; `lines` are its conditions with the group's own values."""

    is_in: bool
    lines: list[Line]


def why(group: GroupChat, rule: Node, now: datetime) -> GroupWhy:
    """Why a group is in or out; a dismissed one is out whatever the rule says."""
    names = {leaf.field for _path, leaf in leaves(rule)}
    values = values_of([group.pk], names, now=now, base=BASE).get(group.pk)
    if values is None:
        return GroupWhy(is_in=False, lines=[])
    today = business_day(now)
    return GroupWhy(
        is_in=group.dismissed_at is None and evaluate(rule, values, today=today),
        lines=explain_to(rule, values, today=today),
    )


def _within_scope(rule: Node, operator: Operator, now: datetime) -> QuerySet[GroupChat]:
    picked = chats_of(rule, now)
    return (
        picked
        if operator.sees_everything
        else picked.filter(pk__in=visible_groups(operator).values("pk"))
    )
