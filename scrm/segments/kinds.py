"""The kinds of fields, the operators each kind has, and what an operator takes.

An empty fact (never ordered, no forecast yet) fails every positive operator; each negation holds
for exactly the customers its positive twin leaves out:

    =  !=      in  not_in      any  none      within_days  not_within_days
    is_set  is_empty           not_empty  empty

Dates are days of the business time zone. `within_days 7` is today and the six days before it;
a day in the future counts as within. `before` and `after` leave the named day out, `between`
takes both ends in.
"""

from __future__ import annotations

from enum import Enum, StrEnum


class Kind(StrEnum):
    """What sort of fact a field is."""

    NUMBER = "number"
    MONEY = "money"  # integer fen; pages show and take yuan
    DATE = "date"
    CHOICE = "choice"
    SET = "set"
    TEXT = "text"
    BOOL = "bool"


class Takes(Enum):
    """The shape of the value an operator needs."""

    ONE = "one"
    PAIR = "pair"
    LIST = "list"
    DAYS = "days"
    NOTHING = "nothing"


_COMPARISONS = (">=", "<=", ">", "<", "=", "!=", "between")

OPERATORS: dict[Kind, tuple[str, ...]] = {
    Kind.NUMBER: _COMPARISONS,
    Kind.MONEY: _COMPARISONS,
    Kind.DATE: (
        "within_days",
        "not_within_days",
        "before",
        "after",
        "between",
        "is_set",
        "is_empty",
    ),
    Kind.CHOICE: ("in", "not_in"),
    Kind.SET: ("any", "all", "none", "not_empty", "empty"),
    Kind.TEXT: ("contains", "is"),
    Kind.BOOL: ("is",),
}

_TAKES: dict[str, Takes] = {
    "between": Takes.PAIR,
    "within_days": Takes.DAYS,
    "not_within_days": Takes.DAYS,
    **dict.fromkeys(("in", "not_in", "any", "all", "none"), Takes.LIST),
    **dict.fromkeys(("is_set", "is_empty", "not_empty", "empty"), Takes.NOTHING),
}


def takes(op: str) -> Takes:
    return _TAKES.get(op, Takes.ONE)


# Each negation with the operator whose exact complement it is.
COMPLEMENT_OF: dict[str, str] = {
    "!=": "=",
    "not_in": "in",
    "none": "any",
    "not_within_days": "within_days",
    "is_empty": "is_set",
    "empty": "not_empty",
}
