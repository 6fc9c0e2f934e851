"""Bring many rows to Postgres at once: COPY into a temporary table, from where SQL takes them.

About ten times faster than the ORM and the base of every import here. Only for code of our own:
table and column names are put into SQL as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None})


@dataclass(frozen=True)
class Incoming:
    """A temporary table of this connection, empty again after each transaction.

    `columns` maps names to SQL types; the columns of `filled` are given by `fill`, the others are
    left null for SQL to work out.
    """

    name: str
    columns: Mapping[str, str]
    filled: Sequence[str] = ()

    def fill(self, rows: Iterable[Sequence[object]]) -> None:
        """Replace the content by `rows`, streamed. Must run inside a transaction.

        Raises what `rows` raises, and django.db.DataError when a value does not fit its column.
        """
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        names = ", ".join(self.filled or self.columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMPORARY TABLE IF NOT EXISTS {self.name} ({columns})"
                " ON COMMIT DELETE ROWS"
            )
            # Empty but for a second filling in one transaction; TRUNCATE would cost a new file.
            cursor.execute(f"DELETE FROM pg_temp.{self.name}")  # noqa: S608 - made of constants
            reader = _Reader(rows)
            try:
                cursor.copy_expert(f"COPY pg_temp.{self.name} ({names}) FROM STDIN", reader)
            except Exception:
                if reader.error:  # the rows themselves failed; COPY only reports that they did
                    raise reader.error from None
                raise


class _Reader:
    """Rows as the file that COPY reads, made while it reads."""

    def __init__(self, rows: Iterable[Sequence[object]]) -> None:
        self._lines = _lines(rows)
        self._rest = b""
        self.error: Exception | None = None

    def read(self, size: int) -> bytes:
        try:
            return self._read(size)
        except Exception as error:
            self.error = error
            raise

    def _read(self, size: int) -> bytes:
        parts, length = [self._rest], len(self._rest)
        for line in self._lines:
            parts.append(line)
            length += len(line)
            if length >= size:
                break
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]


def _lines(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    for row in rows:
        yield ("\t".join([_cell(value) for value in row]) + "\n").encode()


def _cell(value: object) -> str:
    if isinstance(value, str):
        # Nearly every text; asking costs a fifth of translating.
        if value.isprintable() and "\\" not in value:
            return value
        return value.translate(_ESCAPES)
    if value is None:
        return "\\N"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return _cell(_array(value))
    return str(value)


def _array(values: Sequence[object]) -> str:
    if not values:
        return "{}"
    quoted = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
