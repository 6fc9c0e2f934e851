"""Channels beside segments (渠道 × 人群): of whom each channel won, what became of those of a segment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board.figures import Source, all_of
from analytics.board.sources import address_of
from analytics.periods import AskedPeriod
from analytics.selectors import kept
from analytics.selectors.source_figures import Row
from analytics.selectors.source_parts import ByKey, SourceSums
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, money, shares, words

_DRAWN = 12
_NOBODY = SourceSums(0, 0, 0, 0, None, 0, 0)


def by_segment(sources: Sequence[Source], rows: Sequence[Row], asked: AskedPeriod) -> Dataset:
    """Each channel of `rows` for everybody, the first of `sources`, and for each segment. Raises
    BeingWorkedOut.
    """
    found = all_of([partial(source.of_period, kept.SOURCES, asked.period) for source in sources])
    names = [source.part.label or gettext("All customers") for source in sources]
    parts: list[tuple[str, ByKey]] = list(zip(names, found, strict=True))
    chosen = [source.part.segment_id for source in sources if source.part.segment_id is not None]
    links = [address_of(row.source, asked, chosen) for row in rows]
    seen = [_of_parts(row, parts) for row in rows]
    brought = [
        (name, [round(mine[place].ltv_fen or 0) for mine in seen[:_DRAWN]])
        for place, (name, _found) in enumerate(parts)
    ]
    return Dataset(
        key="channel-segments",
        title=_("Channels by segment: brought per customer"),
        metric="channel-segments",
        columns=(
            words(_("Channel")),
            *(column for name, _found in parts for column in _columns(name)),
        ),
        rows=[
            (row.name, *(value for sums in mine for value in _line(sums)))
            for row, mine in zip(rows, seen, strict=True)
        ],
        links=links,
        option=charts.bars(
            [row.name for row in rows[:_DRAWN]],
            brought,
            formatter="@fen",
            are_names=True,
            links=links[:_DRAWN],
        ),
        note=_(
            "Customers won in the period who are in the segment now. Costs are of whole channels "
            "and are not split."
        ),
    )


def _of_parts(row: Row, parts: Sequence[tuple[str, ByKey]]) -> list[SourceSums]:
    """What one channel brought in each part."""
    key = (row.source.state, row.source.add_way)
    return [found.get(key, _NOBODY) for _name, found in parts]


def _columns(name: str) -> tuple[Column, ...]:
    return tuple(
        make(f"{head} · {name}")
        for make, head in (
            (counts, gettext("New customers")),
            (shares, gettext("First order conversion")),
            (money, gettext("Brought per customer")),
            (money, gettext("Net revenue so far")),
        )
    )


def _line(sums: SourceSums) -> tuple[Any, ...]:
    return (sums.won, sums.first_order.share, sums.ltv_fen, sums.net_fen)
