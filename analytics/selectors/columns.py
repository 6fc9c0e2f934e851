"""Columns of numbers between Postgres and numpy, by binary COPY: no Python object per value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from io import BytesIO
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from django.db import connection

Columns: TypeAlias = dict[str, npt.NDArray[Any]]

# Who listens to what is asked: COPY goes past the wrappers of Django's cursors.
listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"


def read(
    query: str,
    names: Sequence[str],
    arguments: Sequence[object] | Mapping[str, object] = (),
) -> Columns:
    """The result of `query` as arrays of int64; every column a bigint and never null."""
    buffer = BytesIO()
    with connection.cursor() as cursor:
        bound = cursor.mogrify(query, arguments).decode()
        if (listen := listener.get()) is not None:
            listen(bound)
        cursor.copy_expert(f"COPY ({bound}) TO STDOUT (FORMAT binary)", buffer)
    rows = np.frombuffer(
        buffer.getbuffer()[len(_HEADER) : -len(_TRAILER)],
        dtype=_record(dict.fromkeys(names, np.dtype(">i8"))),
    )
    return {name: rows[name].astype(np.int64) for name in names}


def write(table: str, columns: Mapping[str, npt.NDArray[Any]]) -> None:
    """Append to a table made of bigint (whole arrays) and double precision (the others) columns.

    The columns have one length; NaN is written as NaN, null cannot be written.
    """
    types = {
        name: np.dtype(">i8" if np.issubdtype(values.dtype, np.integer) else ">f8")
        for name, values in columns.items()
    }
    rows = np.zeros(len(next(iter(columns.values()))), dtype=_record(types))
    rows["fields"] = len(columns)
    for name, values in columns.items():
        rows[_length(name)] = 8
        rows[name] = values
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({names}) FROM STDIN (FORMAT binary)",
            BytesIO(_HEADER + rows.tobytes() + _TRAILER),
        )


def _record(types: Mapping[str, np.dtype[Any]]) -> np.dtype[Any]:
    """One row of the format: the number of fields, then each field's length and value."""
    parts: list[tuple[str, Any]] = [("fields", ">i2")]
    for name, kind in types.items():
        parts += [(_length(name), ">i4"), (name, kind)]
    return np.dtype(parts)


def _length(name: str) -> str:
    return f"length of {name}"
