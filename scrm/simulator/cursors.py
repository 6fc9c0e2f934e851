"""Opaque page marks (cursor): clients may only hand them back."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import orjson

from scrm.simulator.errors import ApiError

Row = TypeVar("Row")


def wrap(*position: int | str) -> str:
    """A position as a cursor."""
    payload = orjson.dumps(position)
    return base64.urlsafe_b64encode(_seal(payload) + payload).decode().rstrip("=")


def unwrap(cursor: str, kinds: Sequence[type]) -> list[int | str] | None:
    """The position, None for the first page; 40058 for a cursor that we did not make."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        seal, payload = raw[:8], raw[8:]
        position: list[int | str] = orjson.loads(payload)
    except (ValueError, binascii.Error):
        raise ApiError(40058, "invalid cursor") from None
    matches = len(position) == len(kinds) and all(map(isinstance, position, kinds))
    if seal != _seal(payload) or not matches:
        raise ApiError(40058, "invalid cursor")
    return position


def page_after(
    rows: Sequence[Row], cursor: str, limit: int, *, key: Callable[[Row], int]
) -> tuple[Sequence[Row], str]:
    """The next `limit` rows and the next cursor, "" at the end.

    `key` is a number that grows along the rows and outlives the vanishing of others.
    """
    position = unwrap(cursor, (int,))
    rest = rows if position is None else [row for row in rows if key(row) > int(position[0])]
    chosen = rest[:limit]
    return chosen, wrap(key(chosen[-1])) if len(rest) > limit else ""


def _seal(payload: bytes) -> bytes:
    return hashlib.sha256(b"cursor" + payload).digest()[:8]
