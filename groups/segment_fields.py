"""What segments may ask about customer groups (客户群), and what group segments may ask.

The fields of group segments (群人群) are based on GroupFacts; their names begin with “chat.”.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Expression,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from contacts.models import Department, Staff
from contacts.selectors.departments import subtrees, with_ancestors
from groups.models import GroupChat, GroupDay
from groups.selectors.activity import HEALTH_LABELS, with_health, writing
from groups.selectors.join_ways import JoinWayChoices
from scrm.segments.choices import Fixed, Rows
from scrm.segments.days import business_day
from scrm.segments.fields import Field, register
from scrm.segments.kinds import Kind

# The base table of group segments.
GROUP_FACTS = "groups.GroupFacts"

_GROUPS = _("Customer groups")
_IDENTITY, _MEMBERS, _MOVES = _("Group"), _("Members"), _("Joins and leaves")
_MOVES_DAYS = (7, 30)


def register_fields() -> None:
    """Called once, from `GroupsConfig.ready()`."""
    register(
        Field(
            name="group",
            label=_("Groups she is in"),
            group=_GROUPS,
            kind=Kind.SET,
            column="group_ids",
            choices=Rows(
                "groups.GroupChat",
                offered=Q(dismissed_at__isnull=True),
                search=("name", "chat_id"),
            ),
            help=_("Groups the customer is in now."),
        ),
        Field(
            name="group.count",
            label=_("Number of groups"),
            group=_GROUPS,
            kind=Kind.NUMBER,
            expression=_number_of_groups,
        ),
        Field(
            name="group.join_way",
            label=_("Joined by group code"),
            group=_GROUPS,
            kind=Kind.SET,
            model="groups.GroupMember",
            column="state",
            where=Q(left_at__isnull=True) & ~Q(state=""),
            choices=JoinWayChoices(),
            help=_("The group codes by which she came into groups she is in now."),
        ),
    )
    register(*_group_fields())


def _number_of_groups(_now: datetime) -> Expression:
    return Func(F("group_ids"), function="CARDINALITY", output_field=IntegerField())


def _group_fields() -> list[Field]:
    return [*_identity_fields(), *_member_fields()]


def _identity_fields() -> list[Field]:
    chat: dict[str, Any] = {
        "base": GROUP_FACTS,
        "group": _IDENTITY,
        "model": "groups.GroupChat",
        "contact": "pk",
    }
    return [
        Field(
            name="chat.tag",
            label=_("Group tags"),
            kind=Kind.SET,
            column="tag_id",
            choices=Rows(
                "groups.GroupTag",
                group="tag_set__name",
                offered=Q(is_gone=False),
                order=("tag_set__order", "tag_set", "order"),
                is_searched=False,
            ),
            **{**chat, "model": "groups.GroupTagMark", "contact": "group_id"},
        ),
        Field(name="chat.name", label=_("Group name"), kind=Kind.TEXT, column="name", **chat),
        Field(
            name="chat.owner",
            label=_("Owner"),
            kind=Kind.CHOICE,
            column="owner_id",
            choices=Rows("contacts.Staff", search=("name", "userid"), group="position"),
            **chat,
        ),
        Field(
            name="chat.department",
            label=_("Department of the owner"),
            group=_IDENTITY,
            base=GROUP_FACTS,
            kind=Kind.SET,
            to_q=_department_q,
            fetch=_department_values,
            choices=Rows("contacts.Department", offered=Q(is_gone=False)),
            help=_("Departments below the chosen one count, too."),
        ),
        Field(
            name="chat.status",
            label=_("State"),
            kind=Kind.CHOICE,
            column="status",
            choices=Fixed(lambda: GroupChat.Status.choices),
            **chat,
        ),
        Field(
            name="chat.created_at",
            label=_("Created"),
            kind=Kind.DATE,
            column="created_at",
            help=_("Its age: created within, or not within, so many days."),
            **chat,
        ),
    ]


def _member_fields() -> list[Field]:
    own: dict[str, Any] = {"base": GROUP_FACTS, "group": _MEMBERS}
    moved: dict[str, Any] = {"base": GROUP_FACTS, "group": _MOVES}
    return [
        Field(name="chat.size", label=_("Members"), kind=Kind.NUMBER, column="size", **own),
        Field(
            name="chat.customers",
            label=_("Customers"),
            kind=Kind.NUMBER,
            column="customers",
            help=_("Members who are friends of our staff."),
            **own,
        ),
        Field(
            name="chat.join_way",
            label=_("Joined by group code"),
            kind=Kind.SET,
            choices=JoinWayChoices(),
            where=~Q(state=""),
            help=_("The group codes by which anybody has come into the group."),
            **{**own, "model": "groups.GroupMember", "contact": "group_id", "column": "state"},
        ),
        Field(
            name="chat.last_joined_at",
            label=_("Last joined"),
            kind=Kind.DATE,
            column="last_joined_at",
            help=_("Quiet groups: not within so many days."),
            **moved,
        ),
        *(_moves_field(name, days, moved) for name in ("joins", "leaves") for days in _MOVES_DAYS),
        Field(
            name="chat.health",
            label=_("Activity"),
            kind=Kind.CHOICE,
            to_q=_health_q,
            fetch=_health_values,
            choices=Fixed(HEALTH_LABELS.items),
            help=_("As far as WeCom's figures tell; what is not sure is unknown."),
            **moved,
        ),
    ]


def _moves_field(name: str, days: int, moved: Mapping[str, Any]) -> Field:
    labels = {
        ("joins", 7): _("Joined in 7 days"),
        ("joins", 30): _("Joined in 30 days"),
        ("leaves", 7): _("Left in 7 days"),
        ("leaves", 30): _("Left in 30 days"),
    }
    return Field(
        name=f"chat.{name}_{days}",
        label=labels[name, days],
        kind=Kind.NUMBER,
        expression=_moves_within(name, days),
        **moved,
    )


def _moves_within(name: str, days: int) -> Callable[[datetime], Expression]:
    def total(now: datetime) -> Expression:
        since = business_day(now) - timedelta(days=days - 1)
        rows = GroupDay.objects.filter(group=OuterRef("pk"), day__gte=since).order_by()
        sums = rows.values("group").annotate(total=Sum(name)).values("total")
        return Coalesce(Subquery(sums), 0, output_field=IntegerField())

    return total


def _department_q(op: str, value: Any, _now: datetime) -> Q:
    if op == "not_empty":
        staff = Staff.objects.exclude(department_wecom_ids=[])
        return Q(group__owner__in=staff.values("pk"))
    q = Q()
    trees = list(subtrees(value).values())
    for tree in [set().union(*trees)] if op == "any" else trees:
        numbers = Department.objects.filter(pk__in=tree).values_list("wecom_id", flat=True)
        staff = Staff.objects.filter(department_wecom_ids__overlap=list(numbers))
        q &= Q(group__owner__in=staff.values("pk"))
    return q


def _department_values(group_ids: Sequence[int], _now: datetime) -> Mapping[int, frozenset[int]]:
    above = with_ancestors()
    keys = dict(Department.objects.filter(is_gone=False).values_list("wecom_id", "pk"))
    rows = GroupChat.objects.filter(pk__in=group_ids, owner__isnull=False)
    return {
        group_id: frozenset().union(
            *(above.get(keys[number], {keys[number]}) for number in numbers if number in keys)
        )
        for group_id, numbers in rows.values_list("pk", "owner__department_wecom_ids")
    }


def _health_q(_op: str, value: Any, now: datetime) -> Q:
    healthy: QuerySet[Any] = with_health(GroupChat.objects.all(), known=writing(now=now))
    return Q(group__in=healthy.filter(health__in=list(value)).values("pk"))


def _health_values(group_ids: Sequence[int], now: datetime) -> Mapping[int, str]:
    groups: QuerySet[Any] = with_health(
        GroupChat.objects.filter(pk__in=group_ids), known=writing(now=now)
    )
    return {pk: health for pk, health in groups.values_list("pk", "health") if health}
