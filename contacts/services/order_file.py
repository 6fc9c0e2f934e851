"""Open an order file, whatever its encoding, and read its lines as they stream by."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext

from contacts.rules.order_lines import (
    BUYER,
    Fault,
    LineReader,
    OrderLine,
    Problem,
    find_columns,
)
from contacts.services.order_faults import SHOWN, InvalidOrderFile

if TYPE_CHECKING:
    import _csv

Progress = Callable[[int, int], None]  # (bytes read, bytes in all)
_BLOCK = 1 << 20
_EVERY = 2_000  # lines between two words of progress


class OrderFile:
    """A CSV file of orders, plain or .gz, in UTF-8 or GB18030.

    Iterate `lines()` once; then `lines_read`, `problems` (the first 20) and `problem_count` tell
    how it went. Lines without an order number get one made of their content.
    """

    def __init__(self, path: Path, *, on_progress: Progress | None = None) -> None:
        self.path = path
        self.lines_read = 0
        self.problems: list[Problem] = []
        self.problem_count = 0
        self.has_products = False
        self._on_progress = on_progress
        self._seen: Counter[bytes] = Counter()

    def lines(self) -> Iterator[OrderLine]:
        """The good lines. Bad ones are only counted: the caller decides at the end.

        Raises InvalidOrderFile when there is no readable header.
        """
        encoding = self._encoding()
        with self.path.open("rb") as raw:
            total = self.path.stat().st_size
            packed = gzip.GzipFile(fileobj=raw) if self._is_packed() else raw
            text = io.TextIOWrapper(io.BufferedReader(packed, _BLOCK), encoding, newline="")
            rows = csv.reader(text)
            reader = self._reader(next(rows, []))
            for row in self._rows(rows):
                self.lines_read += 1
                if self._on_progress and self.lines_read % _EVERY == 0:
                    self._on_progress(raw.tell(), total)
                line = reader.read(rows.line_num, row)
                if isinstance(line, list):
                    self._refuse(line)
                else:
                    line.order_id = line.order_id or self._derived_id(line)
                    yield line
            if self._on_progress:
                self._on_progress(total, total)

    def _rows(self, rows: _csv.Reader) -> Iterator[list[str]]:
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                self._refuse([Problem(rows.line_num, "CSV", str(error), Fault.NOT_CSV)])
                continue
            if any(row):
                yield row

    def _reader(self, header: list[str]) -> LineReader:
        columns = find_columns(header)
        missing = [name for name in ("paid_at", "amount") if name not in columns]
        if not any(name in columns for name in BUYER):
            missing.append(" / ".join(BUYER))
        if missing:
            raise InvalidOrderFile(
                gettext(
                    "The first line must name the columns. Missing: %(missing)s. "
                    "Found: %(found)s. Nothing was imported."
                )
                % {"missing": ", ".join(missing), "found": ", ".join(header) or "–"}
            )
        self.has_products = "product" in columns or "sku" in columns
        return LineReader(columns, ZoneInfo(settings.TIME_ZONE))

    def _refuse(self, problems: list[Problem]) -> None:
        self.problem_count += len(problems)
        self.problems.extend(problems[: max(0, SHOWN - len(self.problems))])

    def _derived_id(self, line: OrderLine) -> str:
        """The same for the n-th line of this content in every export, so that two genuine lines
        stay two and an import of the same file adds nothing."""
        digest = blake2b(line.content().encode(), digest_size=12).digest()
        self._seen[digest] += 1
        return f"{digest.hex()}-{self._seen[digest]}"

    def _is_packed(self) -> bool:
        with self.path.open("rb") as raw:
            return raw.read(2) == b"\x1f\x8b"

    def _encoding(self) -> str:
        """UTF-8 when the whole file is that; spreadsheets in China otherwise write GB18030."""
        for encoding in ("utf-8-sig", "gb18030"):
            decoder = codecs.getincrementaldecoder(encoding)()
            opened = gzip.open if self._is_packed() else io.open
            try:
                with opened(self.path, "rb") as binary:
                    while block := binary.read(_BLOCK):
                        decoder.decode(block)
                    decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            except (OSError, EOFError) as error:
                raise InvalidOrderFile(
                    gettext("The file cannot be read: %(error)s") % {"error": error}
                ) from error
            return encoding
        raise InvalidOrderFile(gettext("The file is not text in UTF-8 or GB18030."))
