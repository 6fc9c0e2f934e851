"""Columns of numbers between Postgres and numpy, by binary COPY: no Python object per value.

Postgres sends a whole column as one array. That costs it and us a fraction of what rows cost, and
each message must stay below 1 GB: some 80 million values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from io import BytesIO
from struct import Struct
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from django.db import connection

from analytics.metrics.arrays import Whole

Columns: TypeAlias = dict[str, npt.NDArray[Any]]
# What a missing day is in arrays of whole numbers; numpy's own NaT.
NO_DAY: Final = -(2**63)

# Who listens to what is asked: COPY goes past the wrappers of Django's cursors.
listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_FIELDS = Struct(">h")
_LENGTH = Struct(">i")
# Of an array: dimensions, whether there are nulls, the type; then length and first index.
_ARRAY = Struct(">iiiii")
_ELEMENT = np.dtype([("length", ">i4"), ("value", ">i8")])
# Postgres counts days and microseconds from here.
_ORIGIN = np.datetime64("2000-01-01", "D")
_READ_AHEAD = 1 << 16


def read(
    query: str,
    names: Sequence[str],
    arguments: Sequence[object] | Mapping[str, object] = (),
) -> Columns:
    """The result of `query` as arrays of int64; every column a bigint and never null."""
    listed = ", ".join(f'"{name}"' for name in names)
    arrays = ", ".join(f'array_agg("{name}")' for name in names)
    return read_arrays(f"SELECT {arrays} FROM ({query}) found ({listed})", names, arguments)  # noqa: S608


def read_arrays(
    query: str,
    names: Sequence[str],
    arguments: Sequence[object] | Mapping[str, object] = (),
) -> dict[str, Whole]:
    """The one row of `query`, made of arrays of bigint without nulls; null is an empty array."""
    buffer = BytesIO()
    with connection.cursor() as cursor:
        bound = cursor.mogrify(query, arguments).decode()
        if (listen := listener.get()) is not None:
            listen(bound)
        cursor.copy_expert(f"COPY ({bound}) TO STDOUT (FORMAT binary)", buffer)
    message = buffer.getbuffer()
    found, place = {}, len(_HEADER) + _FIELDS.size
    for name in names:
        (size,) = _LENGTH.unpack_from(message, place)
        place += _LENGTH.size
        found[name] = _values(message[place : place + max(size, 0)])
        place += max(size, 0)
    return found


def _values(array: memoryview) -> Whole:
    if len(array) < _ARRAY.size:
        return np.zeros(0, dtype=np.int64)
    if _ARRAY.unpack_from(array)[1]:
        raise ValueError("a column of numbers must not hold nulls")
    return np.frombuffer(array, dtype=_ELEMENT, offset=_ARRAY.size)["value"].astype(np.int64)


def write(table: str, columns: Mapping[str, npt.NDArray[Any]]) -> None:
    """Append rows to a table whose columns have the types of these arrays, of one length.

    bigint for int64, integer for int32, smallint for int16, double precision for float64, date
    for datetime64[D], timestamptz for datetime64[us] in UTC. NaN is written as NaN, NaT as null.
    """
    wire = {name: _on_the_wire(values) for name, values in columns.items()}
    blank = np.zeros(1, dtype=_record({name: values.dtype for name, values in wire.items()}))
    blank["fields"] = len(wire)
    for name, values in wire.items():
        blank[_length(name)] = values.dtype.itemsize
    rows = np.repeat(blank, len(next(iter(wire.values()))))
    for name, values in wire.items():
        rows[name] = values
    names = ", ".join(f'"{name}"' for name in columns)
    message = BytesIO()
    message.write(_HEADER)
    message.write(_without_nulls(rows, columns).data)
    message.write(_TRAILER)
    message.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({names}) FROM STDIN (FORMAT binary)", message, _READ_AHEAD
        )


def update(
    table: str,
    key: str,
    columns: Mapping[str, npt.NDArray[Any]],
    constants: Mapping[str, datetime] | None = None,
) -> None:
    """Set these columns of the rows with the same `key`, an ascending bigint, and `constants` in
    all of them. Needs a transaction.
    """
    constants = constants or {}
    names = ", ".join(f'"{name}"' for name in columns)
    assigned = ", ".join(
        [f'"{name}" = fresh."{name}"' for name in columns if name != key]
        + [f'"{name}" = %s' for name in constants]
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.fresh")
        cursor.execute(
            f"CREATE TEMP TABLE fresh ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"  # noqa: S608
        )
        write("fresh", columns)
        cursor.execute(
            f"UPDATE {table} kept SET {assigned} FROM fresh"  # noqa: S608 – names of our own
            f" WHERE fresh.{key} = kept.{key} AND kept.{key} BETWEEN %s AND %s",
            (*constants.values(), int(columns[key][0]), int(columns[key][-1])),
        )


def moments(moment: datetime, how_many: int) -> npt.NDArray[np.datetime64]:
    """The same moment so many times, as a column of timestamptz."""
    return np.full(how_many, np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us"))


def _on_the_wire(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The numbers that Postgres knows these values by, in its byte order."""
    if values.dtype.kind == "M":
        since: Whole = (values - _ORIGIN).astype(np.int64)
        return since.astype(">i4" if np.datetime_data(values.dtype)[0] == "D" else ">i8")
    turned: npt.NDArray[Any] = values.astype(values.dtype.newbyteorder(">"))
    return turned


def _without_nulls(
    rows: npt.NDArray[Any], columns: Mapping[str, npt.NDArray[Any]]
) -> npt.NDArray[np.uint8]:
    """The rows as bytes; a null has the length -1 and no value."""
    absent = {
        name: gaps
        for name, values in columns.items()
        if values.dtype.kind == "M" and (gaps := np.isnat(values)).any()
    }
    if not absent:
        return rows.view(np.uint8)
    fields: Mapping[str, Any] = rows.dtype.fields or {}
    is_sent = np.ones((len(rows), rows.dtype.itemsize), dtype=np.bool_)
    for name, gaps in absent.items():
        rows[_length(name)][gaps] = -1
        kind, offset = fields[name][:2]
        is_sent[gaps, offset : offset + kind.itemsize] = False
    return rows.view(np.uint8).reshape(is_sent.shape)[is_sent]


def _record(types: Mapping[str, np.dtype[Any]]) -> np.dtype[Any]:
    """One row of the format: the number of fields, then each field's length and value."""
    parts: list[tuple[str, Any]] = [("fields", ">i2")]
    for name, kind in types.items():
        parts += [(_length(name), ">i4"), (name, kind)]
    return np.dtype(parts)


def _length(name: str) -> str:
    return f"length of {name}"
