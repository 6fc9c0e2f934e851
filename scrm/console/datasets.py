"""Charts with the table and the file behind them: how a value looks on a page and in a CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from scrm.console.charts import Option
from scrm.console.templatetags.console import number, percent, yuan

# A page shows so many rows of the table behind a chart; the download has them all.
_ROWS_ON_PAGE = 36


@dataclass(frozen=True)
class Column:
    """A column of a table: how its values are written on the page and in the download."""

    label: str | Promise
    on_page: Callable[[Any], str]
    in_file: Callable[[Any], Any]


def month_name(day: date) -> str:
    """2026-03 for any day of that month."""
    return f"{day:%Y-%m}"


def _in_yuan(fen: float | None) -> Decimal | None:
    return None if fen is None else (Decimal(round(fen)) / 100).quantize(Decimal("0.01"))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _itself(value: Any) -> Any:
    return value


def months(label: str | Promise) -> Column:
    return Column(label, month_name, month_name)


def days(label: str | Promise) -> Column:
    return Column(label, lambda day: f"{day:%Y-%m-%d}", lambda day: f"{day:%Y-%m-%d}")


def words(label: str | Promise) -> Column:
    return Column(label, str, str)


def counts(label: str | Promise) -> Column:
    return Column(label, number, _itself)


def decimals(label: str | Promise) -> Column:
    return Column(label, lambda value: number(value, 2), _rounded)


def shares(label: str | Promise) -> Column:
    return Column(label, percent, _rounded)


def money(label: str | Promise) -> Column:
    return Column(label, lambda fen: yuan(None if fen is None else round(fen)), _in_yuan)


@dataclass(frozen=True)
class Dataset:
    """One chart with its rows; without rows there is nothing to draw.

    `metric` names its definition, if it has one. A wide chart keeps its width on a phone and is
    scrolled. Shown by `console/dataset.html`; `csv_response` writes `header` and `file_rows()`.
    """

    key: str
    title: str | Promise
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    option: Option
    metric: str = ""
    is_wide: bool = False

    @property
    def header(self) -> list[str | Promise]:
        return [column.label for column in self.columns]

    @property
    def table(self) -> list[list[str]]:
        """The rows as the page shows them, thinned evenly when there are many."""
        step = -(-len(self.rows) // _ROWS_ON_PAGE) or 1
        return [
            [column.on_page(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows[::step]
        ]

    @property
    def is_thinned(self) -> bool:
        return len(self.rows) > _ROWS_ON_PAGE

    def file_rows(self) -> list[list[Any]]:
        return [
            [column.in_file(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]
