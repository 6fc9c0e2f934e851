"""Reading what the control API was given: bad input names its field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.clock import BEIJING
from scrm.simulator.errors import Impossible


def refuse_unknown(ask: Ask, known: set[str]) -> None:
    """Raise Impossible for a field that nobody reads: it is a typing error."""
    for name in ask.data:
        if name not in known:
            raise Impossible(f"unknown; known are {', '.join(sorted(known))}", field=name)


def between(ask: Ask, name: str, least: int, most: int) -> int:
    value = ask.number(name)
    if not least <= value <= most:
        raise Impossible(f"from {least} to {most}", field=name)
    return value


def instant(text: str, *, field: str = "since") -> datetime:
    """An ISO date or instant, Beijing time unless it says otherwise, or unix seconds."""
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), BEIJING)
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Impossible("an ISO instant or unix seconds", field=field) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=BEIJING)


def changes(ask: Ask, kind: type[Any]) -> dict[str, Any]:
    """Those fields of the record `kind` that were given; numbers not below zero."""
    plain = {
        field.name: type(field.default) for field in fields(kind) if field.default is not MISSING
    }
    readers: dict[type, Callable[[str], Any]] = {
        str: ask.text,
        int: ask.number,
        float: ask.real,
        bool: lambda name: ask.flag(name, default=False),
    }
    changed = {name: readers[plain[name]](name) for name in ask.data if name in plain}
    for name, value in changed.items():
        if not isinstance(value, str) and value < 0:
            raise Impossible("not below zero", field=name)
    return changed
