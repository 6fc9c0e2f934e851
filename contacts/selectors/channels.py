"""Channels (渠道活码) as lists show them, and the states that have no channel yet.

`Follow.state` joins a relation with its channel; relations handed over to a colleague count as
neither kept nor lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from contacts.models import Channel, CostEntry, Follow, Staff
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator
from scrm.console.paging import Sort
from scrm.segments.days import business_day, start_of

NEWEST_FIRST = Sort("created_at")
LOST = (
    Follow.Status.DELETED_BY_CONTACT,
    Follow.Status.DELETED_BY_STAFF,
    Follow.Status.ENDED_UNKNOWN,
)
_STATES_SHOWN = 200


@dataclass(frozen=True)
class ChannelsWanted:
    """What the list was asked for; empty values ask for nothing."""

    text: str = ""
    folder: str = ""
    kind: str = ""
    status: str = ""
    tag_id: int | None = None
    is_archived: bool = False


@dataclass(frozen=True)
class ChannelFigures:
    """Relations that came by a channel: ever, today, ended today, still friends; money in fen."""

    total: int = 0
    today: int = 0
    lost_today: int = 0
    kept: int = 0
    lost: int = 0
    cost_fen: int = 0

    @property
    def net_today(self) -> int:
        return self.today - self.lost_today

    @property
    def kept_share(self) -> float | None:
        ended = self.kept + self.lost
        return self.kept / ended if ended else None

    @property
    def cost_per_add_fen(self) -> int | None:
        return round(self.cost_fen / self.total) if self.total and self.cost_fen else None


@dataclass(frozen=True)
class UnclaimedState:
    """A state that customers came with and that no channel has; first and last add."""

    state: str
    total: int
    first_at: datetime
    last_at: datetime


def matching_channels(wanted: ChannelsWanted) -> QuerySet[Channel]:
    found = Channel.objects.filter(is_archived=wanted.is_archived)
    if wanted.text:
        found = found.filter(Q(name__icontains=wanted.text) | Q(state__icontains=wanted.text))
    for column in ("folder", "kind", "status"):
        if getattr(wanted, column):
            found = found.filter(**{column: getattr(wanted, column)})
    if wanted.tag_id is not None:
        found = found.filter(tags=wanted.tag_id)
    return found


def folders() -> list[str]:
    """The folders in use, by name."""
    named = Channel.objects.exclude(folder="").order_by("folder")
    return list(named.values_list("folder", flat=True).distinct())


def visible_follows(operator: Operator) -> QuerySet[Follow]:
    """The relations whose figures the operator may see."""
    if operator.sees_everything:
        return Follow.objects.all()
    return Follow.objects.filter(staff__in=visible_staff(operator))


def figures_of(
    channels: Sequence[Channel], follows: QuerySet[Follow], *, now: datetime
) -> dict[int, ChannelFigures]:
    """Figures by channel id; two queries for any number of channels."""
    states = [channel.state for channel in channels]
    counted = dict(_counted(follows.filter(state__in=states), "state", now=now))
    costs = dict(
        CostEntry.objects.filter(channel__in=channels)
        .values_list("channel_id")
        .annotate(cost=Sum("amount_fen"))
        .order_by()
    )
    return {
        channel.pk: replace(
            counted.get(channel.state, ChannelFigures()), cost_fen=costs.get(channel.pk, 0)
        )
        for channel in channels
    }


def _counted(
    follows: QuerySet[Follow], column: str, *, now: datetime
) -> list[tuple[Any, ChannelFigures]]:
    """Figures without costs for each value of a column, the most customers first."""
    today = start_of(business_day(now))
    ended = Q(status__in=LOST)
    rows = (
        follows.values_list(column)
        .annotate(
            total=Count("pk"),
            today=Count("pk", filter=Q(added_at__gte=today)),
            lost_today=Count("pk", filter=ended & Q(ended_at__gte=today)),
            kept=Count("pk", filter=Q(status=Follow.Status.ACTIVE)),
            lost=Count("pk", filter=ended),
        )
        .order_by("-total", column)
    )
    return [(value, ChannelFigures(*numbers)) for value, *numbers in rows]


def unclaimed_states(operator: Operator) -> list[UnclaimedState]:
    """States without a channel, the most customers first; the first 200."""
    known = Channel.objects.values("state")
    rows = (
        visible_follows(operator)
        .exclude(state="")
        .exclude(state__in=known)
        .values_list("state")
        .annotate(total=Count("pk"), first_at=Min("added_at"), last_at=Max("added_at"))
        .order_by("-total", "state")
    )
    return [UnclaimedState(*row) for row in rows[:_STATES_SHOWN]]


_UNCLAIMED = """
WITH RECURSIVE found (state) AS (
    (SELECT state FROM contacts_follow WHERE state <> '' ORDER BY state LIMIT 1)
    UNION ALL
    SELECT (SELECT f.state FROM contacts_follow f WHERE f.state <> '' AND f.state > found.state
            ORDER BY f.state LIMIT 1)
    FROM found WHERE found.state IS NOT NULL
)
SELECT EXISTS (SELECT 1 FROM found WHERE state IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM contacts_channel ch WHERE ch.state = found.state))
"""


def has_unclaimed_states() -> bool:
    """Whether customers came with a state that no channel has; leaps through the index."""
    with connection.cursor() as cursor:
        cursor.execute(_UNCLAIMED)
        return bool(cursor.fetchone()[0])


def staff_figures(
    channel: Channel, follows: QuerySet[Follow], *, now: datetime
) -> list[tuple[Staff, ChannelFigures]]:
    """Who met the channel's customers, the most first."""
    found = _counted(follows.filter(state=channel.state), "staff_id", now=now)
    people = Staff.objects.in_bulk([staff_id for staff_id, _figures in found])
    return [(people[staff_id], figures) for staff_id, figures in found]
