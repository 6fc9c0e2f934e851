"""Reading single values out of WeCom's answers, which leave out what is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]


def text(record: Json, key: str) -> str:
    """The text under `key`; empty when absent or null."""
    value = record.get(key)
    return "" if value is None else str(value)


def number(record: Json, key: str) -> int:
    """The whole number under `key`, which some APIs send as a string; 0 when absent."""
    return int(record.get(key) or 0)


def moment(record: Json, key: str) -> datetime:
    """Unix seconds under `key` as an aware datetime; the start of 1970 when absent."""
    return datetime.fromtimestamp(number(record, key), UTC)


def moment_or_none(record: Json, key: str) -> datetime | None:
    """Unix seconds under `key` as an aware datetime; None when absent or 0."""
    return moment(record, key) if record.get(key) else None


def texts(record: Json, key: str) -> tuple[str, ...]:
    """The list of texts under `key`, without empty ones."""
    return tuple(str(value) for value in record.get(key) or () if value)


def numbers(record: Json, key: str) -> tuple[int, ...]:
    """The list of whole numbers under `key`; empty when absent or null."""
    return tuple(int(value) for value in record.get(key) or ())


def records(record: Json, key: str) -> Sequence[Json]:
    """The list of objects under `key`; empty when absent or null."""
    return record.get(key) or ()


def at_most(limit: int, values: Sequence[object], what: str) -> None:
    """Raise ValueError when the caller forgot to cut its list to WeCom's maximum."""
    if len(values) > limit:
        raise ValueError(f"{what}: {len(values)} at once, WeCom takes {limit}")
