"""The charts of the page of group statistics (群统计), each with its table."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from groups.selectors.statistics import Day
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, days, words

MEASURE_LABELS = {
    "members": _("Members"),
    "new_members": _("New members"),
    "messages": _("Messages"),
}


def growth(found: Sequence[Day]) -> Dataset:
    """Who came and went, by our own count."""
    rows = [(day.day, day.joins, day.leaves, day.joins - day.leaves) for day in found]
    return Dataset(
        key="group-growth",
        title=_("Joined and left"),
        columns=(days(_("Day")), counts(_("Joins")), counts(_("Leaves")), counts(_("Net"))),
        rows=rows if any(day.joins or day.leaves for day in found) else [],
        option=charts.bars(
            _days(found),
            [
                (gettext("Joins"), [day.joins for day in found]),
                (gettext("Leaves"), [-day.leaves for day in found]),
            ],
            formatter="@integer",
            stacked=True,
        ),
    )


def life(found: Sequence[Day]) -> Dataset:
    """How many groups there were, and in how many somebody wrote."""
    told = [(day.day, day.told) for day in found if day.told]
    return Dataset(
        key="group-life",
        title=_("Groups with messages"),
        columns=(
            days(_("Day")),
            counts(_("Groups")),
            counts(_("Groups with messages")),
            counts(_("New groups")),
        ),
        rows=[(day, t.groups, t.active_groups, t.new_groups) for day, t in told if t.groups],
        option=charts.bars(
            [f"{day:%m-%d}" for day, _told in told],
            [
                (gettext("Groups"), [t.groups for _day, t in told]),
                (gettext("Groups with messages"), [t.active_groups for _day, t in told]),
            ],
            formatter="@integer",
        ),
    )


def talk(found: Sequence[Day]) -> Dataset:
    """How much was written, and by how many."""
    told = [(day.day, day.told) for day in found if day.told]
    return Dataset(
        key="group-talk",
        title=_("Messages"),
        columns=(
            days(_("Day")),
            counts(_("Messages")),
            counts(_("Members who wrote")),
            counts(_("Members")),
        ),
        rows=[(day, t.messages, t.active_members, t.members) for day, t in told if t.members],
        option=charts.bars(
            [f"{day:%m-%d}" for day, _told in told],
            [
                (gettext("Messages"), [t.messages for _day, t in told]),
                (gettext("Members who wrote"), [t.active_members for _day, t in told]),
            ],
            formatter="@integer",
        ),
    )


def owners(found: Sequence[tuple[str, int]], *, measure: str) -> Dataset:
    """The first ten owners in one measure."""
    label = MEASURE_LABELS[measure]
    return Dataset(
        key="group-owners",
        title=_("Top 10 owners"),
        columns=(words(_("Owner")), counts(label)),
        rows=found,
        option=charts.ladder(
            [name for name, _figure in found], [figure for _name, figure in found], name=str(label)
        ),
    )


def _days(found: Sequence[Day]) -> list[str]:
    return [f"{day.day:%m-%d}" for day in found]
