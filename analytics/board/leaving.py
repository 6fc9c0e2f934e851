"""When and with whom relations end, and who stops buying each month: drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.metrics.group_curves import MILESTONES
from analytics.metrics.ratios import ratio
from analytics.selectors.leaving import way_number, way_words
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, month_name, months, shares, words
from scrm.console.templatetags.console import number, percent

Found = Mapping[str, Any]

_CERTAIN, _LIKELY = 0.001, 0.05


def hazard(found: Found) -> Dataset:
    """Ends per thousand relations and day, by the age of the relation."""
    rows = [_band(*band) for band in found.get("hazard", [])]
    drawn = [row for row in rows if row[3] is not None]
    has_any = any(row[2] for row in rows)
    thousandths = Column(_("Per 1,000 and day"), _per_mille, _thousand, "number")
    return Dataset(
        key="unfriend-hazard",
        title=_("When customers unfriend: risk by days since the adding"),
        metric="unfriend-hazard",
        columns=(
            words(_("Days since the adding")),
            counts(_("Relation-days watched")),
            counts(_("Ended by customers")),
            thousandths,
            Column(_("Lower bound (95 %)"), _per_mille, _thousand, "number"),
            Column(_("Upper bound (95 %)"), _per_mille, _thousand, "number"),
        ),
        rows=rows if has_any else [],
        option=charts.bars(
            [row[0] for row in drawn],
            [(gettext("Per 1,000 and day"), [_thousand(row[3]) or 0.0 for row in drawn])],
            formatter="@decimal",
        ),
    )


def _band(
    first: int,
    end: int | None,
    person_days: float,
    events: int,
    rate: float | None,
    low: float | None,
    high: float | None,
) -> tuple[str, float, int, float | None, float | None, float | None]:
    name = f"{first}+" if end is None else str(first) if end == first + 1 else f"{first}–{end - 1}"
    return name, round(person_days), events, rate, low, high


def _per_mille(rate: float | None) -> str:
    return number(None if rate is None else 1000 * rate, 2)


def _thousand(rate: float | None) -> float | None:
    return None if rate is None else round(1000 * rate, 4)


def channels(found: Found) -> Dataset:
    return _groups(
        found.get("channels"),
        key="unfriending-by-channel",
        title=_("Still friends, by channel"),
        first=_("Channel"),
    )


def staff(found: Found) -> Dataset:
    return _groups(
        found.get("staff"),
        key="unfriending-by-staff",
        title=_("Still friends, by staff"),
        first=_("Staff"),
    )


def _groups(
    compared: Mapping[str, Any] | None, *, key: str, title: str | Promise, first: str | Promise
) -> Dataset:
    rows = [_group(*group) for group in (compared or {}).get("groups", [])]
    has_any = any(row[2] for row in rows)
    # The last milestone that every group has come to; of others the table says more.
    reached = [place for place in range(len(MILESTONES)) if all(row[3 + place] for row in rows)]
    place = reached[-1] if reached else 0
    return Dataset(
        key=key,
        title=title,
        metric="group-curves",
        columns=(
            words(first),
            counts(_("Relations")),
            counts(_("Ended by customers")),
            *(_left(days) for days in MILESTONES),
        ),
        rows=rows if has_any else [],
        option=charts.ladder(
            [row[0] for row in rows],
            [round(row[3 + place][0], 4) if row[3 + place] else 1.0 for row in rows],
            name=gettext("Still friends after %(days)s days") % {"days": MILESTONES[place]},
            formatter="@percent",
        ),
        note=f"{gettext('Still friends after %(days)s days') % {'days': MILESTONES[place]}}. "
        f"{verdict((compared or {}).get('test'))}",
    )


def _group(name: str, people: int, events: int, *left: Any) -> tuple[Any, ...]:
    number_of_way = way_number(name)
    return (name if number_of_way is None else way_words(number_of_way), people, events, *left)


def _left(days: int) -> Column:
    return Column(
        gettext("Still friends after %(days)s days") % {"days": days},
        _with_bounds,
        lambda left: None if left is None else round(left[0], 4),
        "share",
    )


def _with_bounds(left: Sequence[float | None] | None) -> str:
    if left is None:
        return "–"
    share, low, high = left
    if low is None or high is None:
        return percent(share)
    return f"{percent(share)} ({percent(low)} – {percent(high)})"


def verdict(test: Sequence[float] | None) -> str:
    """The log-rank test over all groups in a sentence."""
    if test is None:
        return gettext("Too few relations have ended to say whether the groups differ.")
    chi_square, degrees, p_value = test
    said = (
        gettext("The groups differ, and hardly by chance")
        if p_value < _CERTAIN
        else gettext("The groups seem to differ")
        if p_value < _LIKELY
        else gettext("No difference that chance would not explain")
    )
    return gettext("%(said)s (log-rank χ² %(chi)s, %(degrees)s degrees, p %(p)s).") % {
        "said": said,
        "chi": f"{chi_square:.1f}",
        "degrees": int(degrees),
        "p": "< 0.001" if p_value < _CERTAIN else f"= {p_value:.3f}",
    }


def inactive_months(found: Found) -> Dataset:
    """Buyers who became lost in each month, of those there at its start."""
    rows = [
        (date.fromisoformat(month), at_start, lost, ratio(lost, at_start))
        for month, at_start, lost, _is_over in found.get("months", [])
    ]
    return Dataset(
        key="churn-by-month",
        title=_("Stopped buying, by month"),
        metric="churn-rate",
        columns=(
            months(_("Month")),
            counts(_("Active buyers at the start")),
            counts(_("Became lost")),
            shares(_("Churn rate")),
        ),
        rows=rows if any(row[2] for row in rows) else [],
        option=charts.bars(
            [month_name(row[0]) for row in rows],
            [(gettext("Churn rate"), [round(row[3] or 0, 4) for row in rows])],
            formatter="@percent",
        ),
        note=_("The last month is not over. Lost: no order for more than %(days)s days.")
        % {"days": found["lost_after_days"]}
        if found
        else "",
    )


CHARTS: Mapping[str, Callable[[Found], Dataset]] = MappingProxyType(
    {
        "unfriend-hazard": hazard,
        "churn-by-month": inactive_months,
        "unfriending-by-channel": channels,
        "unfriending-by-staff": staff,
    }
)
