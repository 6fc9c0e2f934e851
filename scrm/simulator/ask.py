"""One API call as the endpoints see it: typed parameters, WeCom's errors for bad ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scrm.simulator.errors import ApiError

Files = Mapping[str, tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Ask:
    """Parameters of one call. `data` is the query (GET) or the JSON body (POST); fields nobody
    asks for are ignored. Every getter raises ApiError for a value of the wrong kind."""

    data: Mapping[str, Any]
    query: Mapping[str, str] = field(default_factory=dict)
    files: Files = field(default_factory=dict)
    byte_range: str = ""

    def has(self, name: str) -> bool:
        return self.data.get(name) is not None

    def text(
        self, name: str, default: str | None = None, *, most_chars: int = 0, most_bytes: int = 0
    ) -> str:
        """A string; 40058 when missing (without default), of another type, or too long."""
        value = self.data.get(name)
        if value is None or (value == "" and default is None):
            if default is None:
                raise ApiError(40058, f"missing {name}")
            return default
        if not isinstance(value, str):
            raise ApiError(40058, f"{name} should be string")
        if most_chars and len(value) > most_chars:
            raise ApiError(40058, f"{name} exceed max length {most_chars}")
        if most_bytes and len(value.encode()) > most_bytes:
            raise ApiError(40058, f"{name} exceed max length {most_bytes}")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number; numbers in strings count, as they do over there in queries."""
        value = self.data.get(name)
        if value is None or value == "":
            if default is None:
                raise ApiError(40058, f"missing {name}")
            return default
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ApiError(40058, f"{name} should be integer")
        try:
            return int(value)
        except ValueError:
            raise ApiError(40058, f"{name} should be integer") from None

    def real(self, name: str, default: float | None = None) -> float:
        """A number that may have decimals."""
        value = self.data.get(name)
        if value is None:
            if default is None:
                raise ApiError(40058, f"missing {name}")
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ApiError(40058, f"{name} should be a number")
        return float(value)

    def limit(self, default: int, most: int) -> int:
        """`limit`; one above the maximum falls back to the default, as WeCom's does."""
        limit = self.number("limit", default)
        return limit if 1 <= limit <= most else default

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.data.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise ApiError(40058, f"{name} should be boolean")
        return value

    def texts(self, name: str, *, most: int = 0, code: int = 40058) -> list[str]:
        """A list of strings, empty when missing; `code` when there are more than `most`."""
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ApiError(40058, f"{name} should be a list of strings")
        if most and len(value) > most:
            raise ApiError(code, f"{name} exceed max size {most}")
        return value

    def part(self, name: str) -> Ask:
        """A nested object, empty when missing."""
        value = self.data.get(name)
        if value is None:
            return Ask({})
        if not isinstance(value, dict):
            raise ApiError(40058, f"{name} should be an object")
        return Ask(value)

    def parts(self, name: str) -> list[Ask]:
        """A list of objects, empty when missing."""
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ApiError(40058, f"{name} should be a list of objects")
        return [Ask(item) for item in value]
