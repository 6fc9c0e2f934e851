"""Lists of what messages added (群发效果列表): columns and cells that broadcasts and series share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.board.effects import Said, in_yuan, interval_words, said
from analytics.models import BroadcastEffect
from analytics.selectors.broadcast_effects import Return, Row
from analytics.selectors.broadcast_report import Funnel
from broadcasts.models import Broadcast
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, days, money, shares, words

_SHOWN_BARS = 20

# Revenue added in fen, and the bounds of its interval.
Added: TypeAlias = tuple[float | None, float | None, float | None]
NOT_COMPARED: Added = (None, None, None)


def effect_columns() -> tuple[Column, ...]:
    """What a list says of each message or series of messages; the cells are `effect_cells`."""
    return (
        counts(gettext_lazy("Delivered")),
        optional(counts, gettext_lazy("Clicked")),
        counts(gettext_lazy("Orders")),
        money(gettext_lazy("Net revenue after it")),
        counts(gettext_lazy("Unfriended")),
        optional(money, gettext_lazy("Revenue added")),
        optional(money, gettext_lazy("Lower bound (95 %)")),
        optional(money, gettext_lazy("Upper bound (95 %)")),
        words(gettext_lazy("Verdict")),
        optional(money, gettext_lazy("Cost")),
        optional(shares, gettext_lazy("ROI")),
    )


def effect_cells(
    found: BroadcastEffect | Funnel, added: Added, verdict: Said, back: Return | None
) -> tuple[Any, ...]:
    return (
        found.delivered,
        found.clickers,
        found.orders,
        found.net_fen,
        found.unfriended,
        *added,
        f"{verdict.label} {verdict.note}".strip(),
        back.cost_fen if back else None,
        back.roi if back else None,
    )


def effects(rows: Sequence[Row]) -> Dataset:
    """The list as a chart and a file: what each broadcast added, with its bounds."""
    filled = [row for row in rows if row.effect is not None and row.revenue is not None]
    compared = [row for row in filled if _added(row)[0] is not None][:_SHOWN_BARS]
    return Dataset(
        key="broadcast-effects",
        title=gettext_lazy("Revenue added by each broadcast"),
        metric="broadcast-uplift",
        columns=(
            words(gettext_lazy("Broadcast")),
            days(gettext_lazy("Audience fixed")),
            *effect_columns(),
        ),
        rows=[_listed(row) for row in filled],
        option=charts.bars(
            [_label(row.broadcast) for row in compared],
            [(_("Revenue added"), [round(_added(row)[0] or 0) for row in compared])],
            formatter="@fen",
        ),
        is_wide=True,
    )


def _label(broadcast: Broadcast) -> str:
    """Those of one plan share a name and are told apart by their days."""
    if broadcast.plan_id is None or broadcast.frozen_at is None:
        return broadcast.name
    return f"{broadcast.name} {timezone.localtime(broadcast.frozen_at):%m-%d}"


def _added(row: Row) -> Added:
    found = None
    if row.revenue is not None and row.effect is not None:
        found = row.revenue.total(row.effect.customers)
    return found or NOT_COMPARED


def _listed(row: Row) -> tuple[Any, ...]:
    effect = row.effect
    if effect is None:
        raise ValueError("not measured yet")
    return (
        row.broadcast.name,
        effect.start_at,
        *effect_cells(effect, _added(row), said_of(row), row.back),
    )


def said_of(row: Row) -> Said:
    """The verdict on revenue."""
    is_over = row.effect is not None and row.effect.is_over
    return said(row.revenue, is_over=is_over, is_for_groups=row.broadcast.is_for_groups)


def added_words(added: Added) -> tuple[str, str]:
    """What it added, and the interval; dashes without a hold-out."""
    effect, low, high = added
    if effect is None or low is None or high is None:
        return "–", ""
    return in_yuan(effect), interval_words(low, high, in_yuan)


def effect_rows(rows: Sequence[Row]) -> list[tuple[Row, Said, str, str]]:
    """As `analytics/effect_rows.html` shows them."""
    return [(row, said_of(row), *added_words(_added(row))) for row in rows]


def optional(column: Callable[[str | Promise], Column], label: str | Promise) -> Column:
    """A column some of whose cells are empty."""
    made = column(label)
    return Column(
        label,
        lambda value: "–" if value is None else made.on_page(value),
        lambda value: None if value is None else made.in_file(value),
    )
