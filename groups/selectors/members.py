"""The members of one group (群成员), and who came and went by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import Relation, Staff
from contacts.selectors import search  # noqa: F401 - the lookup `trigram_contains`
from groups.models import GroupChat, GroupDay, GroupMember
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, days
from scrm.console.paging import Sort
from scrm.segments.days import business_day

LAST_JOINED_FIRST = Sort("joined_at")
LAST_LEFT_FIRST = Sort("left_at")
# So many days of joins and leaves are drawn.
CHART_DAYS = 90


@dataclass(frozen=True)
class MembersWanted:
    """What the list was asked for. `kind` is "staff", "customer" (friend of ours) or "stranger"
    (from outside and no friend of anybody here, never or not any more).
    """

    text: str = ""
    kind: str = ""
    has_left: bool = False


def matching_members(group: GroupChat, wanted: MembersWanted) -> QuerySet[GroupMember]:
    members = group.members.filter(left_at__isnull=not wanted.has_left)
    if wanted.text:
        members = members.filter(
            Q(name__trigram_contains=wanted.text)
            | Q(group_nickname__trigram_contains=wanted.text)
            | Q(member_id=wanted.text)
        )
    friend = Q(contact__relation=Relation.FRIEND)
    if wanted.kind == "staff":
        return members.filter(kind=GroupMember.Kind.STAFF)
    if wanted.kind == "customer":
        return members.filter(friend)
    if wanted.kind == "stranger":
        outside = members.filter(kind=GroupMember.Kind.EXTERNAL)
        return outside.filter(Q(contact__isnull=True) | ~friend)
    return members


def inviter_names(members: list[GroupMember]) -> dict[str, str]:
    """Names of the staff who invited these members, by userid as WeCom wrote it."""
    userids = {member.invitor_userid for member in members} - {""}
    staff = Staff.objects.filter(userid__in=userids)
    return {member.userid: str(member) for member in staff}


def moves_by_day(group: GroupChat, *, now: datetime) -> Dataset:
    """Joins and leaves of the last days, from the group's first on."""
    until = business_day(now)
    since = max(until - timedelta(days=CHART_DAYS - 1), business_day(group.created_at))
    found = {
        day: (joins, leaves)
        for day, joins, leaves in GroupDay.objects.filter(
            group=group, day__gte=since, day__lte=until
        ).values_list("day", "joins", "leaves")
    }
    rows = _filled(found, since, until) if found else []
    return Dataset(
        key="group-moves",
        title=_("Joined and left, by day"),
        columns=(days(_("Day")), counts(_("Joins")), counts(_("Leaves"))),
        rows=rows,
        option=charts.bars(
            [f"{day:%m-%d}" for day, _joins, _leaves in rows],
            [
                (gettext("Joins"), [joins for _day, joins, _leaves in rows]),
                (gettext("Leaves"), [-leaves for _day, _joins, leaves in rows]),
            ],
            formatter="@integer",
            stacked=True,
        ),
    )


def _filled(
    found: dict[date, tuple[int, int]], since: date, until: date
) -> list[tuple[date, int, int]]:
    span = (until - since).days + 1
    every_day = (since + timedelta(days=number) for number in range(span))
    return [(day, *found.get(day, (0, 0))) for day in every_day]
