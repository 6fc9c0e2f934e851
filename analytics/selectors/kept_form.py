"""Figures as JSON and back: dataclasses of ours, days, moments, tuples, maps, arrays.

Each thing that JSON has no word for becomes `{"$": kind, "v": …}`. Who reads with other code than
wrote gets Unreadable, and has the figure worked out again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np


class Unreadable(ValueError):
    """Written by another version of the program."""


class Forms:
    """Writes and reads; `known` are the dataclasses that may stand in what is kept."""

    def __init__(self, *known: type[Any]) -> None:
        self._known = {kind.__name__: kind for kind in known}
        self._names = {
            kind.__name__: [field.name for field in dataclasses.fields(kind)] for kind in known
        }

    def write(self, value: Any) -> Any:
        """Raises TypeError for what was not meant to be kept."""
        if value is None or isinstance(value, bool | int | float | str):
            return _plain(value)
        if isinstance(value, list):
            return [self.write(each) for each in value]
        kind, inner = self._taken_apart(value)
        return {"$": kind, "v": inner}

    def _taken_apart(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, datetime):
            return "moment", value.isoformat()
        if isinstance(value, date):
            return "day", value.isoformat()
        if isinstance(value, tuple):
            return "tuple", [self.write(each) for each in value]
        if isinstance(value, np.ndarray):
            return f"array {value.dtype}", value.tolist()
        if isinstance(value, Mapping):
            return "map", [[self.write(key), self.write(each)] for key, each in value.items()]
        kind = type(value).__name__
        if kind in self._known:
            return kind, {name: self.write(getattr(value, name)) for name in self._names[kind]}
        raise TypeError(f"{kind} cannot be kept")

    def read(self, kept: Any) -> Any:
        if isinstance(kept, list):
            return [self.read(each) for each in kept]
        if not isinstance(kept, dict):
            return kept
        kind, inner = str(kept.get("$")), kept.get("v")
        if kind in self._known:
            return self._put_together(self._known[kind], inner)
        return self._read_plain(kind, inner)

    def _read_plain(self, kind: str, inner: Any) -> Any:
        if kind in _READERS:
            return _READERS[kind](inner)
        if kind == "tuple":
            return tuple(self.read(each) for each in inner)
        if kind == "map":
            return {self.read(key): self.read(each) for key, each in inner}
        if kind.startswith("array "):
            return np.array(inner, dtype=kind.removeprefix("array "))
        raise Unreadable(kind)

    def _put_together(self, kind: type[Any], inner: Any) -> Any:
        if not isinstance(inner, dict) or inner.keys() != set(self._names[kind.__name__]):
            raise Unreadable(kind.__name__)
        return kind(**{name: self.read(each) for name, each in inner.items()})


_READERS = {"day": date.fromisoformat, "moment": datetime.fromisoformat}


def _plain(value: Any) -> Any:
    """Without the subclass: a stage is kept as the text it is."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
