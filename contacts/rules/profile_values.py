"""What a profile field (画像字段) takes.

Values are JSON: text, a number, "2026-03-10", a list, or true and false.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Literal

Kind = Literal["text", "number", "date", "choice", "multi", "yes_no"]
Value = str | int | float | bool | list[str]

TEXT_CHARS = 200
# What the names of these fields begin with in rules of segments.
PREFIX = "profile"
_LARGEST = Decimal(10) ** 15
_DECIMALS = 4
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
# As forms, files and people write it.
_YES, _NO = frozenset({"true", "yes", "1", "是"}), frozenset({"false", "no", "0", "否"})


def field_name(key: str) -> str:
    """By which name a rule asks for the profile field of this key."""
    return f"{PREFIX}.{key}"


class Problem(StrEnum):
    """Why something is no value of a field."""

    NO_TEXT = "no_text"
    TOO_LONG = "too_long"
    NO_NUMBER = "no_number"
    NO_DAY = "no_day"
    NO_CHOICE = "no_choice"
    NO_YES = "no_yes"


class BadProfileValue(ValueError):
    """`problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def read_value(kind: Kind, given: object, choices: Sequence[str] = ()) -> Value | None:
    """`given`, from a form or from JSON, as it is kept; None for empty. Raises BadProfileValue."""
    if given is None or given in ("", [], ()):
        return None
    if kind in {"choice", "multi"}:
        return _choice(given, choices) if kind == "choice" else _choices(given, choices)
    return _READERS[kind](given)


def _text(given: object) -> str | None:
    if not isinstance(given, str) or "\0" in given:
        raise BadProfileValue(Problem.NO_TEXT)
    text = given.strip()
    if len(text) > TEXT_CHARS:
        raise BadProfileValue(Problem.TOO_LONG)
    return text or None


def _number(given: object) -> int | float | None:
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        raise BadProfileValue(Problem.NO_NUMBER)
    text = str(given).strip()
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadProfileValue(Problem.NO_NUMBER) from None
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise BadProfileValue(Problem.NO_NUMBER)
    number = round(number, _DECIMALS)
    return int(number) if number == int(number) else float(number)


def _day(given: object) -> str | None:
    if not isinstance(given, str | date):
        raise BadProfileValue(Problem.NO_DAY)
    text = str(given).strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadProfileValue(Problem.NO_DAY) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise BadProfileValue(Problem.NO_DAY)
    return day.isoformat()


def _choice(given: object, choices: Sequence[str]) -> str:
    if not isinstance(given, str) or given not in choices:
        raise BadProfileValue(Problem.NO_CHOICE)
    return given


def _choices(given: object, choices: Sequence[str]) -> list[str]:
    """In the order of the field, each once."""
    if not isinstance(given, list | tuple) or not all(item in choices for item in given):
        raise BadProfileValue(Problem.NO_CHOICE)
    return [choice for choice in choices if choice in given]


def _yes_or_no(given: object) -> bool | None:
    if isinstance(given, bool):
        return given
    word = given.strip().lower() if isinstance(given, str) else None
    if word == "":
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise BadProfileValue(Problem.NO_YES)


_READERS: dict[Kind, Callable[[object], Value | None]] = {
    "text": _text,
    "number": _number,
    "date": _day,
    "yes_no": _yes_or_no,
}
