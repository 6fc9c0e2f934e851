"""Order lines from a CSV file: `customer_id,paid_at,amount`, more columns welcome."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path

import numpy as np

from analytics.metrics.errors import BadOrderFile
from analytics.metrics.purchases import OrderLines

# Who bought, in files for the order import: the first that a line fills.
_BUYERS = ("external_userid", "unionid", "phone")
_ALIASES = {"paid_at": ("paid_at", "date"), "amount": ("amount",)}
_GZIP_MAGIC = b"\x1f\x8b"
_DATE_LENGTH = len("2025-01-31")


@dataclass(frozen=True)
class OrderFile:
    """The lines of a file; customer number i is called `names[i]`, in order of appearance."""

    lines: OrderLines
    names: list[str]


def read_orders(path: Path, *, zone: tzinfo) -> OrderFile:
    """Read a UTF-8 CSV file, plain or gzip.

    Without a column `customer_id` the buyer is the first of `external_userid`, `unionid` and
    `phone` that a line fills: so a file for the order import can be read as it is.
    `paid_at` (or `date`) is an ISO date or date-time; one with an offset counts for its day in
    `zone`. `amount` is a plain decimal ≥ 0. Identical lines are separate orders. Raises
    BadOrderFile naming line and field, OSError when the file cannot be opened.
    """
    names: dict[str, int] = {}
    customers: list[int] = []
    days: list[int] = []
    amounts: list[float] = []
    with _text(path) as text:
        rows = csv.reader(text)
        places = _places(next(rows, []))
        reader = _LineReader(zone)
        for row in rows:
            if not row:
                continue
            try:
                name, day, amount = reader.read(row, places)
            except ValueError as error:
                raise BadOrderFile(f"line {rows.line_num}: {error}") from error
            customers.append(names.setdefault(name, len(names)))
            days.append(day)
            amounts.append(amount)
    if not customers:
        raise BadOrderFile("the file holds no orders")
    lines = OrderLines(
        customer=np.array(customers, dtype=np.int64),
        day=np.array(days, dtype=np.int64).astype("datetime64[D]"),
        amount=np.array(amounts, dtype=np.float64),
    )
    return OrderFile(lines=lines, names=list(names))


@dataclass(frozen=True)
class _Places:
    """Where the columns of a file stand; `buyers` by name, the one to believe first."""

    buyers: dict[str, int]
    paid_at: int
    amount: int
    last: int


class _LineReader:
    """Parses rows; remembers the days it has seen, because files repeat them."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._days: dict[str, int] = {}

    def read(self, row: list[str], places: _Places) -> tuple[str, int, float]:
        """Customer, day since 1970 and amount; ValueError says which field is wrong."""
        if len(row) <= places.last:
            raise ValueError(f"has {len(row)} fields, too few for the header")
        name = next(filter(None, (row[place].strip() for place in places.buyers.values())), "")
        if not name:
            raise ValueError(f"{' / '.join(places.buyers)} is empty")
        written = row[places.paid_at]
        day = self._days.get(written)
        if day is None:
            day = self._day(written.strip())
            self._days[written] = day
        return name, day, _amount(row[places.amount])

    def _day(self, written: str) -> int:
        try:
            if len(written) <= _DATE_LENGTH:
                day = date.fromisoformat(written)
            else:
                moment = datetime.fromisoformat(written)
                day = (moment.astimezone(self._zone) if moment.tzinfo else moment).date()
        except (ValueError, OverflowError):
            raise ValueError(f"paid_at {written!r} is no date (expected like 2025-01-31)") from None
        return day.toordinal() - _EPOCH


_EPOCH = date(1970, 1, 1).toordinal()


def _amount(written: str) -> float:
    try:
        amount = float(written)
    except ValueError:
        amount = math.nan
    if not math.isfinite(amount) or "_" in written:
        raise ValueError(f"amount {written!r} is no number")
    if amount < 0:
        raise ValueError(f"amount {written!r} is negative")
    return amount


def _places(header: list[str]) -> _Places:
    if not header:
        raise BadOrderFile("the file is empty")
    columns = [column.strip().lower() for column in header]
    known = ("customer_id",) if "customer_id" in columns else _BUYERS
    buyers = {name: columns.index(name) for name in known if name in columns}
    if not buyers:
        raise _missing("customer_id", columns)
    places = []
    for name, aliases in _ALIASES.items():
        found = next((columns.index(alias) for alias in aliases if alias in columns), None)
        if found is None:
            raise _missing(name, columns)
        places.append(found)
    paid_at, amount = places
    return _Places(buyers, paid_at, amount, last=max(paid_at, amount, *buyers.values()))


def _missing(name: str, columns: list[str]) -> BadOrderFile:
    return BadOrderFile(f"line 1: column {name} is missing (found: {', '.join(columns)})")


@contextmanager
def _text(path: Path) -> Iterator[io.TextIOWrapper]:
    """The decoded file; what makes it unreadable midway becomes BadOrderFile."""
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        plain = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            with io.TextIOWrapper(plain, encoding="utf-8-sig", newline="") as text:
                yield text
        except UnicodeDecodeError as error:
            raise BadOrderFile("the file is not UTF-8 text") from error
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BadOrderFile("the gzip file is damaged or cut short") from error
        except csv.Error as error:
            raise BadOrderFile(f"the file is no CSV: {error}") from error
