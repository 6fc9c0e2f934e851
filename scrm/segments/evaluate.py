"""Decide about one customer: nodes and the customer's own values in, verdicts out.

`values` maps field names to what `fields.py` calls the value of a fact: a number, an integer of
fen, a business day, a code, a frozenset of keys, a text, a bool, or None for an empty fact. A
field that is missing from the mapping is an error, never an empty fact.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from scrm.segments.kinds import COMPLEMENT_OF
from scrm.segments.nodes import All, Leaf, Node, Not, leaves

# Loose on purpose: an operator sees only the types its kind of field has, which `parse` made sure.
_Fact = typing.Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """One condition of a rule, the customer's own value, and whether it holds."""

    path: str
    leaf: Leaf
    value: object
    holds: bool


def evaluate(node: Node, values: Mapping[str, object], *, today: date) -> bool:
    """Whether the customer with these values is picked. `today` is the business day of now."""
    if isinstance(node, Leaf):
        return _holds(node.op, values[node.field], node.value, today)
    if isinstance(node, Not):
        return not evaluate(node.part, values, today=today)
    verdicts = (evaluate(part, values, today=today) for part in node.parts)
    return all(verdicts) if isinstance(node, All) else any(verdicts)


def verdicts(node: Node, values: Mapping[str, object], *, today: date) -> list[Verdict]:
    """Every condition with its verdict, in reading order; none is skipped."""
    return [
        Verdict(path, leaf, values[leaf.field], evaluate(leaf, values, today=today))
        for path, leaf in leaves(node)
    ]


def _holds(op: str, fact: _Fact, value: _Fact, today: date) -> bool:
    if op in COMPLEMENT_OF:
        return not _holds(COMPLEMENT_OF[op], fact, value, today)
    if fact is None:
        return False
    if op == "within_days":
        return bool(fact > today - timedelta(days=value))
    return bool(_POSITIVE[op](fact, value))


_POSITIVE: dict[str, Callable[[_Fact, _Fact], object]] = {
    "=": lambda fact, value: fact == value,
    ">=": lambda fact, value: fact >= value,
    ">": lambda fact, value: fact > value,
    "<=": lambda fact, value: fact <= value,
    "<": lambda fact, value: fact < value,
    "between": lambda fact, value: value[0] <= fact <= value[1],
    "before": lambda fact, value: fact < value,
    "after": lambda fact, value: fact > value,
    "is_set": lambda _fact, _value: True,
    "in": lambda fact, value: fact in value,
    "any": lambda fact, value: not fact.isdisjoint(value),
    "all": lambda fact, value: fact.issuperset(value),
    "not_empty": lambda fact, _value: bool(fact),
    "contains": lambda fact, value: value.lower() in fact.lower(),
    "is": lambda fact, value: fact == value,
}
