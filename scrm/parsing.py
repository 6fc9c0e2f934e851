"""How the REST API reads what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

# Far deeper than any rule may be, far from where Python gives up.
_DEEPEST = 100


class CautiousJSONParser(JSONParser):
    """JSON that is neither too deep to read nor holds a NUL, which Postgres cannot keep."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON too deep") from None
        _inspect(data, _DEEPEST)
        return data


class MomentField(serializers.DateTimeField):
    """An instant. The ends of the calendar, where no time zone can follow, are refused."""

    def enforce_timezone(self, value: datetime) -> datetime:
        try:
            return super().enforce_timezone(value)
        except OverflowError:
            self.fail("overflow")


def _inspect(value: object, depth: int) -> None:
    if depth < 0:
        raise ParseError("JSON too deep")
    if isinstance(value, str) and "\0" in value:
        raise ParseError("JSON with a NUL character")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _inspect(key, depth)
            _inspect(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _inspect(inner, depth - 1)
