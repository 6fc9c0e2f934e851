"""The nodes of a rule: what a parsed segment is made of.

A rule in JSON, which is what segments store and the API takes:

    {"all": [
        {"field": "stage", "op": "in", "value": ["silent"]},
        {"any": [
            {"field": "tag", "op": "any", "value": [3, 8]},
            {"field": "order.revenue_fen", "op": ">=", "value": 50000}
        ]},
        {"not": {"field": "order.product", "op": "any", "value": [12]}}
    ]}

Money is integer fen, dates are "YYYY-MM-DD" in the business time zone, tags, staff, departments,
groups and products are our own ids. `{"all": []}`, allowed only as the whole rule, is everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

Scalar: TypeAlias = int | float | str | bool | date
Value: TypeAlias = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition (条件). `value` is a scalar, a tuple, or None where the operator needs none."""

    field: str
    op: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds (且)."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds (或)."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold (非): exactly the customers the part leaves out."""

    part: Node


Node: TypeAlias = All | Any | Not | Leaf


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, Leaf]]:
    """Each condition with its place, such as `all[1].any[0]`, in reading order."""
    if isinstance(node, Leaf):
        yield path, node
    elif isinstance(node, Not):
        yield from leaves(node.part, join(path, "not"))
    else:
        key = "all" if isinstance(node, All) else "any"
        for index, part in enumerate(node.parts):
            yield from leaves(part, join(path, f"{key}[{index}]"))


def join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def as_json(node: Node) -> dict[str, object]:
    """The rule as JSON again; `parse(as_json(node))` is `node`."""
    if isinstance(node, Leaf):
        bare: dict[str, object] = {"field": node.field, "op": node.op}
        return bare if node.value is None else {**bare, "value": _value_json(node.value)}
    if isinstance(node, Not):
        return {"not": as_json(node.part)}
    return {"all" if isinstance(node, All) else "any": [as_json(part) for part in node.parts]}


def _value_json(value: Value) -> object:
    if isinstance(value, tuple):
        return [_value_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
