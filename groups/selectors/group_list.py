"""Customer groups (客户群) as the console lists them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, cast

from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from contacts.models import Department, Staff
from contacts.selectors import search  # noqa: F401 - the lookup `trigram_contains`
from contacts.selectors.departments import subtrees
from contacts.selectors.visibility import visible_staff
from groups.models import GroupChat, GroupDay
from groups.selectors.activity import DEFAULT_DAYS, with_health, without_joins, writing
from groups.selectors.tags import tagged
from scrm.console.models import Operator
from scrm.console.paging import Sort
from scrm.segments.days import business_day, start_of, start_of_next

WEEK = 7
SORTS = {
    "newest": Sort("created_at"),
    "oldest": Sort("created_at", is_descending=False),
    "largest": Sort("size"),
    "smallest": Sort("size", is_descending=False),
    "joins": Sort("week_joins"),
    "leaves": Sort("week_leaves"),
    "longest_quiet": Sort("last_joined", is_descending=False, has_nulls=True),
}
DEFAULT_SORT = "newest"


@dataclass(frozen=True)
class GroupsWanted:
    """What the list was asked for; an empty value asks for nothing.

    `state` is "active", "dismissed" or a status of WeCom as text. `quiet_days` asks for groups
    that nobody joined for so long. Ages are in days.
    """

    text: str = ""
    owner: str = ""
    owner_id: int | None = None
    department_id: int | None = None
    tag_id: int | None = None
    state: str = ""
    size_from: int | None = None
    size_to: int | None = None
    created_from: date | None = None
    created_to: date | None = None
    health: str = ""
    quiet_days: int | None = None


@dataclass(frozen=True)
class Moves:
    """How many joined and left a group: today, and on the last seven days with today."""

    today_joins: int = 0
    today_leaves: int = 0
    week_joins: int = 0
    week_leaves: int = 0


def visible_groups(operator: Operator) -> QuerySet[GroupChat]:
    """Groups whose owner this operator may see; all of them for who sees everything."""
    if operator.sees_everything:
        return GroupChat.objects.all()
    return GroupChat.objects.filter(owner__in=visible_staff(operator))


def matching_groups(
    groups: QuerySet[GroupChat], wanted: GroupsWanted, *, now: datetime
) -> QuerySet[GroupChat]:
    """The groups that fit, bare: what they are shown with comes from `listed`."""
    groups = _in_state(_of_people(groups, wanted), wanted)
    bounds = {
        "facts__size__gte": wanted.size_from,
        "facts__size__lte": wanted.size_to,
        "created_at__gte": wanted.created_from and start_of(wanted.created_from),
        "created_at__lt": wanted.created_to and start_of_next(wanted.created_to),
    }
    groups = groups.filter(**{name: bound for name, bound in bounds.items() if bound is not None})
    if wanted.tag_id:
        groups = tagged(groups, [wanted.tag_id])
    if wanted.quiet_days:
        groups = without_joins(groups, now=now, days=wanted.quiet_days)
    if wanted.health:
        known = writing(now=now, days=wanted.quiet_days or DEFAULT_DAYS)
        judged: Any = with_health(groups, known=known, name="is_so")
        return cast("QuerySet[GroupChat]", judged.filter(is_so=wanted.health))
    return groups


def listed(
    groups: QuerySet[GroupChat], *, sort_name: str, now: datetime, days: int | None = None
) -> QuerySet[GroupChat]:
    """Each group with its owner, its sizes, its `health` over the last days, and what this order
    of rows needs."""
    known = writing(now=now, days=days or DEFAULT_DAYS)
    groups = sorted_for(groups, sort_name, now=now)
    return with_health(groups, known=known).select_related("owner")


def sorted_for(
    groups: QuerySet[GroupChat], sort_name: str, *, now: datetime
) -> QuerySet[GroupChat]:
    """Each group with its sizes, and what this order of rows needs."""
    groups = with_sizes(groups)
    field = {"joins": "joins", "leaves": "leaves"}.get(sort_name)
    if field is None:
        return groups
    since = business_day(now) - timedelta(days=WEEK - 1)
    days = GroupDay.objects.filter(group=OuterRef("pk"), day__gte=since).order_by()
    total = days.values("group").annotate(total=Sum(field)).values("total")
    moved = Coalesce(Subquery(total, output_field=IntegerField()), 0)
    return groups.annotate(**{f"week_{field}": moved})


def with_sizes(groups: QuerySet[GroupChat]) -> QuerySet[GroupChat]:
    """Each group with `size` (present members), of them `staff_count` and `customers`, and with
    `last_joined`."""
    return groups.annotate(
        size=Coalesce(F("facts__size"), 0),
        staff_count=Coalesce(F("facts__staff"), 0),
        customers=Coalesce(F("facts__customers"), 0),
        last_joined=F("facts__last_joined_at"),
    )


def moves_of(group_ids: Iterable[int], *, now: datetime) -> dict[int, Moves]:
    """The latest joins and leaves of these groups; one query."""
    today = business_day(now)
    recent = Q(day=today)
    rows: Any = (
        GroupDay.objects.filter(
            group__in=list(group_ids), day__gte=today - timedelta(days=WEEK - 1), day__lte=today
        )
        .values("group")
        .annotate(
            today_joins=Coalesce(Sum("joins", filter=recent), 0),
            today_leaves=Coalesce(Sum("leaves", filter=recent), 0),
            week_joins=Sum("joins"),
            week_leaves=Sum("leaves"),
        )
    )
    names = [field.name for field in fields(Moves)]
    return {row["group"]: Moves(**{name: row[name] for name in names}) for row in rows}


def staff_named(text: str) -> QuerySet[Staff]:
    """Staff whose name or userid holds this text."""
    return Staff.objects.filter(Q(name__icontains=text) | Q(userid__icontains=text))


def _of_people(groups: QuerySet[GroupChat], wanted: GroupsWanted) -> QuerySet[GroupChat]:
    if wanted.owner:
        groups = groups.filter(owner__in=staff_named(wanted.owner).values("pk"))
    if wanted.owner_id:
        groups = groups.filter(owner=wanted.owner_id)
    if wanted.department_id:
        below = subtrees([wanted.department_id])[wanted.department_id]
        numbers = Department.objects.filter(pk__in=below).values_list("wecom_id", flat=True)
        staff = Staff.objects.filter(department_wecom_ids__overlap=list(numbers))
        groups = groups.filter(owner__in=staff.values("pk"))
    return groups


def _in_state(groups: QuerySet[GroupChat], wanted: GroupsWanted) -> QuerySet[GroupChat]:
    if wanted.text:
        groups = groups.filter(
            Q(name__trigram_contains=wanted.text) | Q(notice__icontains=wanted.text)
        )
    if wanted.state in ("active", "dismissed"):
        return groups.filter(dismissed_at__isnull=wanted.state == "active")
    if wanted.state:
        return groups.filter(status=int(wanted.state), dismissed_at__isnull=True)
    return groups
