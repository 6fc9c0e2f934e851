"""What each figure is read from (数据血缘), found by reading it.

The result lies beside the registry, where the page of definitions takes it from;
`tests/analytics/test_lineage.py` holds the two together, and writes it anew when asked to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from analytics.board import lineage_worth
from analytics.board.datasets import DATASETS
from analytics.board.figures import Figures
from analytics.board.key_cards import KeyCard
from analytics.board.metric_cards import MAKERS
from analytics.metrics.lineage import Lineage
from analytics.periods import asked_period
from analytics.selectors import source_sql, sources
from analytics.selectors.lineage import columns_of, merged, sources_of
from analytics.selectors.night import FIGURES
from analytics.selectors.scope import EVERYBODY
from analytics.selectors.value_settings import value_settings
from analytics.services import roll_ups
from scrm.console.datasets import Dataset
from scrm.segments.days import business_day

# Bookkeeping of the database itself, and what every statement asks about who is looking.
_NOT_DATA = ("django_", "console_", "pg_")

# Figures whose cards and charts are made from more than `Figures` knows, and what makes them.
_OF_TODAY: dict[str, Callable[[Figures], object]] = {
    "ltv-friend": lambda figures: figures.overview,
    "ltv-predicted": lambda figures: figures.expected,
    "repurchase-rate": lambda figures: figures.repurchase,
    "pressure": lambda figures: figures.pressure,
}
_OF_THE_NIGHT = {
    "signs": ("data-quality",),
    "worth": ("ltv-split", "customer-equity", "newcomer-value", "next-order"),
    "leaving": ("unfriend-hazard", "group-curves", "churn-rate"),
    "ladder": ("product-ladder",),
    "referral": ("referral-rate",),
}
_OF_CHANNELS = ("channel-won", "channel-funnel", "channel-ltv", "channel-cac", "channel-roi")


def figure_lineage(*, now: datetime) -> dict[str, Any]:
    """Of each figure of the registry that pages read, and of each table of sums they read."""
    figures: dict[str, Lineage] = {}
    everything = ((metric, read, _any) for metric, read in _readings(now))
    for metric, read, about in chain(everything, lineage_worth.readings(now)):
        found = _data(sources_of(read, about=about))
        figures[metric] = merged(figures.get(metric, {}), found)
    return {
        "figures": {metric: figures[metric] for metric in sorted(figures) if figures[metric]},
        "tables": {
            table: {name: columns for name, columns in _data(found).items() if name != table}
            for table, found in sorted(chain(_tables(), lineage_worth.tables(now)))
        },
    }


def _any(_statement: str) -> bool:
    return True


def _readings(now: datetime) -> Iterator[tuple[str, Callable[[], object]]]:
    makers: list[Callable[[Figures], KeyCard | Dataset]] = [*MAKERS, *DATASETS.values()]
    for make in makers:
        yield make(Figures(now=now)).metric, partial(_read, make, now)
    for metric, read in _OF_TODAY.items():
        yield metric, partial(_read, read, now)
    for key, metrics in _OF_THE_NIGHT.items():
        for metric in metrics:
            yield metric, partial(FIGURES[key], EVERYBODY, now)
    for metric in _OF_CHANNELS:
        yield metric, partial(_channels, now)


def _read(read: Callable[[Figures], object], now: datetime) -> object:
    return read(Figures(now=now))


def _channels(now: datetime) -> object:
    today = business_day(now)
    period = asked_period({}, today=today).period
    return sources.overview(
        period, whom=sources.ALL_CUSTOMERS, settings=value_settings(), today=today
    )


def _tables() -> Iterator[tuple[str, Lineage]]:
    ledger = columns_of(roll_ups.LEDGER.format(within="true"))
    for table in roll_ups.ROLL_UPS:
        yield table, ledger
    yield "analytics_sourceday", columns_of(source_sql.source_days())
    yield "analytics_relationend", columns_of(source_sql.relation_ends())
    yield "analytics_sourceage", columns_of(source_sql.source_ages())


def _data(found: Lineage) -> Lineage:
    return {table: columns for table, columns in found.items() if not table.startswith(_NOT_DATA)}
