"""What each figure is read from (数据血缘), found by reading it.

The result lies beside the registry, where the page of definitions takes it from;
`tests/analytics/test_lineage.py` holds the two together, and writes it anew when asked to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from analytics.board.datasets import DATASETS
from analytics.board.figures import Figures
from analytics.board.metric_cards import MAKERS
from analytics.metrics.lineage import Lineage
from analytics.selectors.lineage import columns_of, merged, sources_of
from analytics.services import roll_ups

# Bookkeeping of the database itself, and what every statement asks about who is looking.
_NOT_DATA = ("django_", "console_", "pg_")


def figure_lineage(*, now: datetime) -> dict[str, Any]:
    """Of each figure of the registry that pages read, and of each table of sums they read."""
    figures: dict[str, Lineage] = {}
    for metric, read in _readings(now):
        figures[metric] = merged(figures.get(metric, {}), _data(sources_of(read)))
    return {
        "figures": {metric: figures[metric] for metric in sorted(figures) if figures[metric]},
        "tables": {table: _data(found) for table, found in sorted(_tables())},
    }


def _readings(now: datetime) -> Iterator[tuple[str, Callable[[], object]]]:
    for make in (*MAKERS, *DATASETS.values()):
        yield make(Figures(now=now)).metric, lambda make=make: make(Figures(now=now))


def _tables() -> Iterator[tuple[str, Lineage]]:
    ledger = columns_of(roll_ups.FRESH_MONTHS.format(within="true"))
    for roll_up in roll_ups.ROLL_UPS:
        yield roll_up.table, ledger


def _data(found: Lineage) -> Lineage:
    return {table: columns for table, columns in found.items() if not table.startswith(_NOT_DATA)}
