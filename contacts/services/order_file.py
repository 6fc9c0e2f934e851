"""Read the orders of a file (订单文件) as they stream by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext

from contacts.rules.order_formats import Bound, Layout, bind, recognise
from contacts.rules.order_formats.plain import PLAIN
from contacts.rules.order_lines import Fault, OrderLine, Problem
from contacts.rules.order_reader import LineReader
from contacts.services.order_faults import SHOWN, InvalidOrderFile
from contacts.services.order_table import OrderTable, Progress, Row, UnreadableRow

Told = OrderLine | list[Problem] | None


class OrderFile:
    """A file of orders in the format `layout`; without one it is told by the headings.

    Iterate `lines()` once; then `lines_read`, `left_out` (lines of orders that were never paid),
    `problems` (the first 20) and `problem_count` tell how it went.
    """

    def __init__(
        self, path: Path, *, layout: Layout | None = None, on_progress: Progress | None = None
    ) -> None:
        self.table = OrderTable(path, on_progress=on_progress)
        self.layout = layout
        self.header: list[str] = []
        self.lines_read = 0
        self.left_out = 0
        self.problems: list[Problem] = []
        self.problem_count = 0
        self._seen: Counter[str] = Counter()
        self._reader: LineReader | None = None

    def lines(self) -> Iterator[OrderLine]:
        """The good lines. Bad ones are only counted: the caller decides at the end.

        Lines without an order number get one made of their content. Raises InvalidOrderFile when
        there is no readable heading.
        """
        for _number, _cells, told in self.told():
            if isinstance(told, list):
                self._refuse(told)
            elif told is not None:
                told.order_id = told.order_id or self._derived_id(told)
                yield told

    def told(self, *, skip: int = 0) -> Iterator[tuple[int, Sequence[str], Told]]:
        """Each line behind the first `skip`: its number, its cells and what it tells."""
        rows = self.table.rows()
        reader = self._reader = LineReader(self._bound(rows), ZoneInfo(settings.TIME_ZONE))
        for row in rows:
            self.lines_read += 1
            if self.lines_read <= skip:
                continue
            if isinstance(row, UnreadableRow):
                yield row.line, (), [Problem(row.line, "CSV", str(row), Fault.NOT_CSV)]
                continue
            number, cells = row
            told = reader.read(number, cells)
            if told is None:
                self.left_out += 1
            yield number, cells, told

    def order_id(self, cells: Sequence[str]) -> str:
        """The order that a line which `told` gave belongs to; "" when that cannot be read."""
        return self._reader.order_id(cells) if self._reader and cells else ""

    def recognised(self) -> Layout:
        """The layout that is read by, before a line is. Raises InvalidOrderFile."""
        if self.layout is None:
            self._bound(self.table.rows())
        assert self.layout is not None
        return self.layout

    def _bound(self, rows: Iterator[Row | UnreadableRow]) -> Bound:
        first = next(rows, None)
        self.header = first[1] if isinstance(first, tuple) else []
        if self.layout is None:
            self.layout = recognise(self.header) or PLAIN
        bound = bind(self.layout, self.header)
        if bound.missing:
            raise InvalidOrderFile(
                gettext(
                    "The first line must name the columns. Missing: %(missing)s. "
                    "Found: %(found)s. Nothing was imported."
                )
                % {
                    "missing": ", ".join(bound.missing),
                    "found": ", ".join(name[:40] for name in self.header[:100]) or "–",
                }
            )
        return bound

    def _refuse(self, problems: list[Problem]) -> None:
        self.problem_count += len(problems)
        self.problems.extend(problems[: max(0, SHOWN - len(self.problems))])

    def _derived_id(self, line: OrderLine) -> str:
        """The same for the n-th line of this content in every export, so that two genuine lines
        stay two and an import of the same file adds nothing."""
        digest = content_digest(line)
        self._seen[digest] += 1
        return f"{digest}-{self._seen[digest]}"


def content_digest(line: OrderLine) -> str:
    return blake2b(line.content().encode(), digest_size=12).hexdigest()
