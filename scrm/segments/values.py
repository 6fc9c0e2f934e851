"""Read the value of one condition: from JSON to typed, or a sentence that says how to mend it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Protocol

from scrm.segments.kinds import Kind, Takes, takes
from scrm.segments.nodes import Scalar, Value

LIST_LIMIT = 1000
TEXT_LIMIT = 100
DAYS_LIMIT = 36_500
# Far above every real count and sum of fen, and still exact in a browser's numbers.
NUMBER_LIMIT = 10**15
_YEARS = range(1970, 2200)

Key = int | str
Say = Callable[[str], str]


class FieldLike(Protocol):
    """What reading a rule needs to know about a field; `fields.Field` is one."""

    @property
    def kind(self) -> Kind: ...
    @property
    def operators(self) -> Sequence[str]: ...
    @property
    def whole(self) -> bool: ...
    def unknown(self, keys: Sequence[Key]) -> Sequence[Key]:
        """Those of `keys` that name nothing; must not write."""


class BadValue(Exception):
    """The value does not fit; `str(error)` says what would. `index` names the bad list item."""

    def __init__(self, message: str, *, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


def read_value(field: FieldLike, op: str, data: object, _: Say) -> Value:
    """The typed value of a condition. Raises BadValue."""
    shape = takes(op)
    if shape is Takes.NOTHING:
        if data is not None:
            raise BadValue(_("This operator takes no value; leave “value” out."))
        return None
    if data is None:
        raise BadValue(_("A value is missing."))
    if shape is Takes.DAYS:
        return _days(data, _)
    if shape is Takes.PAIR:
        return _pair(field, data, _)
    if shape is Takes.LIST:
        return _keys(field, data, _)
    return _scalar(field, data, _)


def _days(data: object, _: Say) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not 1 <= data <= DAYS_LIMIT:
        raise BadValue(
            _("Give a whole number of days from 1 to %(limit)d.") % {"limit": DAYS_LIMIT}
        )
    return data


def _pair(field: FieldLike, data: object, _: Say) -> tuple[Scalar, Scalar]:
    if not isinstance(data, list) or len(data) != 2:
        raise BadValue(_("“between” takes a list of two values: the lowest and the highest."))
    low, high = (_item(field, item, index, _) for index, item in enumerate(data))
    if low > high:  # type: ignore[operator]  # both are numbers or both dates
        raise BadValue(_("The lowest value comes first; swap the two."))
    return low, high


def _keys(field: FieldLike, data: object, _: Say) -> tuple[Key, ...]:
    if not isinstance(data, list) or not data:
        raise BadValue(_("Give a list with at least one entry."))
    if len(data) > LIST_LIMIT:
        raise BadValue(
            _("The list has %(count)d entries; at most %(limit)d are allowed.")
            % {"count": len(data), "limit": LIST_LIMIT}
        )
    for index, item in enumerate(data):
        if isinstance(item, bool) or not isinstance(item, int | str):
            raise BadValue(_("An entry is an id or a code, nothing else."), index=index)
    keys = tuple(dict.fromkeys(data))
    unknown = set(field.unknown(keys))
    if unknown:
        first = next(index for index, item in enumerate(data) if item in unknown)
        raise BadValue(
            _("There is no entry “%(key)s” to choose; take it out or choose another.")
            % {"key": str(data[first])[:40]},
            index=first,
        )
    return keys


def _item(field: FieldLike, data: object, index: int, _: Say) -> Scalar:
    try:
        return _scalar(field, data, _)
    except BadValue as error:
        raise BadValue(str(error), index=index) from None


def _scalar(field: FieldLike, data: object, _: Say) -> Scalar:
    if field.kind is Kind.DATE:
        return _date(data, _)
    if field.kind is Kind.TEXT:
        return _text(data, _)
    if field.kind is Kind.BOOL:
        if not isinstance(data, bool):
            raise BadValue(_("Give true or false."))
        return data
    return _number(field, data, _)


def _number(field: FieldLike, data: object, _: Say) -> int | float:
    if isinstance(data, bool) or not isinstance(data, int | float):
        if field.kind is Kind.MONEY:
            raise BadValue(_("Give an amount in fen, for example 50000 for ¥500."))
        raise BadValue(_("Give a number without quotation marks, for example 2."))
    if not math.isfinite(data) or abs(data) > NUMBER_LIMIT:
        raise BadValue(_("This number is too large."))
    if not field.whole:
        return data
    if data != int(data):
        if field.kind is Kind.MONEY:
            raise BadValue(_("Fen are whole; give ¥12.50 as 1250."))
        raise BadValue(_("Give a whole number, for example 2."))
    return int(data)


def _date(data: object, _: Say) -> date:
    message = _("Give a date as YYYY-MM-DD, for example 2026-01-31.")
    if not isinstance(data, str) or len(data) != 10:
        raise BadValue(message)
    try:
        day = date.fromisoformat(data)
    except ValueError:
        raise BadValue(message) from None
    if day.year not in _YEARS:
        raise BadValue(_("Give a year from 1970 to 2199."))
    return day


def _text(data: object, _: Say) -> str:
    if not isinstance(data, str) or not data.strip():
        raise BadValue(_("Give some text."))
    if len(data) > TEXT_LIMIT:
        raise BadValue(_("At most %(limit)d characters.") % {"limit": TEXT_LIMIT})
    # The database takes neither NUL nor half a character.
    if "\x00" in data or any("\ud800" <= letter <= "\udfff" for letter in data):
        raise BadValue(_("This text has characters that cannot be stored."))
    return data
