"""Charts with the table and the file behind them: how a value looks on a page and in a CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from scrm.console.charts import Option, draws_anything
from scrm.console.templatetags.console import number, percent, yuan

# A page shows so many rows of the table behind a chart; the download has them all.
_ROWS_ON_PAGE = 36


class NotYetKnown(Exception):
    """The figures are not there yet, but somebody is at them: ask again in a moment."""


@dataclass(frozen=True)
class Column:
    """A column of a table: how its values are written on the page and in the download.

    `unit` says to programs what a value is: month, day, text, count, number, share (0 to 1) or fen.
    """

    label: str | Promise
    on_page: Callable[[Any], str]
    in_file: Callable[[Any], Any]
    unit: str = ""


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
    return Column(label, month_name, month_name, "month")


def days(label: str | Promise) -> Column:
    return Column(label, lambda day: f"{day:%Y-%m-%d}", lambda day: f"{day:%Y-%m-%d}", "day")


def words(label: str | Promise) -> Column:
    return Column(label, str, str, "text")


def counts(label: str | Promise) -> Column:
    return Column(label, number, _itself, "count")


def decimals(label: str | Promise) -> Column:
    return Column(label, lambda value: number(value, 2), _rounded, "number")


def shares(label: str | Promise) -> Column:
    return Column(label, percent, _rounded, "share")


def money(label: str | Promise) -> Column:
    return Column(label, lambda fen: yuan(None if fen is None else round(fen)), _in_yuan, "fen")


@dataclass(frozen=True)
class Dataset:
    """One chart with its rows; without rows there is nothing to draw.

    `metric` names its definition, if it has one. A wide chart keeps its width on a phone and is
    scrolled. `links` has an address a row, of the customers or orders it is about ("" for none): in
    the table it is a link, in the chart a click on what the row is drawn as. `note` says what the
    chart leaves out. Shown by `console/dataset.html`; `csv_response` writes `header` and
    `file_rows()`.
    """

    key: str
    title: str | Promise
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    option: Option
    metric: str = ""
    is_wide: bool = False
    links: Sequence[str] = ()
    note: str | Promise = ""

    @property
    def is_drawn(self) -> bool:
        """False where there are rows, but none that the chart is about."""
        return draws_anything(self.option)

    @property
    def header(self) -> list[str | Promise]:
        return [column.label for column in self.columns]

    @cached_property
    def table(self) -> list[list[str]]:
        """The rows as the page shows them, thinned evenly when there are many."""
        step = -(-len(self.rows) // _ROWS_ON_PAGE) or 1
        return [
            [column.on_page(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows[::step]
        ]

    @property
    def linked_table(self) -> list[tuple[list[str], str]]:
        """The rows of `table`, each with its address."""
        step = -(-len(self.rows) // _ROWS_ON_PAGE) or 1
        links = list(self.links)[::step] if self.links else [""] * len(self.table)
        return list(zip(self.table, links, strict=True))

    @property
    def words(self) -> str:
        """What the chart shows, for who cannot see it: its title, and what its rows run over."""
        if not self.rows:
            return str(self.title)
        table = self.table
        first, last = table[0][0], table[-1][0]
        series = self.option.get("series", [])
        names = [str(each["name"]) for each in series if each.get("name")]
        said = {"title": self.title, "first": first, "last": last, "rows": len(self.rows)}
        if not names:
            return (
                _("%(title)s: %(rows)s rows from %(first)s to %(last)s, in the table below.") % said
            )
        return _(
            "%(title)s: %(names)s; %(rows)s rows from %(first)s to %(last)s, in the table below."
        ) % {**said, "names": ", ".join(names)}

    @property
    def is_thinned(self) -> bool:
        return len(self.rows) > _ROWS_ON_PAGE

    def file_rows(self) -> list[list[Any]]:
        return [
            [column.in_file(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]
