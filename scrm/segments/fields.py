"""The vocabulary of rules: every fact that a segment may ask for, registered by the apps.

To add a field, write it in your app's `segment_fields.py`, register it from `AppConfig.ready()`,
and add a row to `tests/segments/cases.json`; nothing else has to know about it. A field says
where its fact comes from in exactly one of four ways:

1. a column of the customer's facts row (the fastest):
       Field(name="order.count", kind=Kind.NUMBER, column="order_days", …)
   Kind SET needs an array column.
2. a column of another table that points to the customer:
       Field(name="value.p_alive", kind=Kind.NUMBER, whole=False,
             model="analytics.ContactMetrics", column="p_alive", …)
       Field(name="order.product", kind=Kind.SET,
             model="contacts.OrderItem", contact="order__contact_id", column="product_id", …)
   `contact` is the path to the customer's id there, `where` narrows the rows. Kind SET takes many
   rows a customer; the other kinds expect at most one row each. Compiled to EXISTS.
3. an expression over the facts row, given the moment of counting:
       Field(name="touch.in_7_days", kind=Kind.NUMBER, expression=touches_since_days(7), …)
4. `to_q(op, value, now)` with `fetch(contact_ids, now)`, when only hand-written SQL is fast.
   `to_q` sees the positive operators only (`kinds.COMPLEMENT_OF` is applied around it) and gives
   a Q over ContactFacts; `fetch` gives each id its value, leaving out those with an empty fact.

Values are what `evaluate` compares: integers of fen for money, business days for dates (moments
are turned into days), frozensets of keys for sets. Choice and set fields need `choices`.

Fields that operators define while the product runs come as a family: `register_family` takes what
finds them, under names that begin with `<prefix>.`.

`base` names the facts table whose rows a rule picks: customers, unless it says otherwise. Rules
about something else (customer groups) use the same language over a base of their own; names are
unique over all bases, and a rule never mixes two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Expression, Q
from django.utils.functional import Promise
from django.utils.translation import gettext

from scrm.segments import parse
from scrm.segments.choices import Choices
from scrm.segments.kinds import OPERATORS, Kind
from scrm.segments.nodes import Node
from scrm.segments.values import Key

# The base table of customers' segments; a name that points upwards, never an import.
FACTS = "contacts.ContactFacts"


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """One fact that rules may ask for; see the top of this module for the sources.

    `group` heads it in the builder, `unit` follows its number ("days"), `help` explains it in a
    sentence. `whole` is False for fractions such as a probability. `operators` narrows its kind's.
    One that is not `is_offered` to new rules keeps its meaning in those saved before.
    """

    name: str
    label: str | Promise
    group: str | Promise
    kind: Kind
    column: str = ""
    base: str = FACTS
    model: str = ""  # the base, unless told otherwise
    contact: str = "contact_id"
    where: Q = field(default_factory=Q)
    expression: Callable[[datetime], Expression] | None = None
    to_q: Callable[[str, Any, datetime], Q] | None = None
    fetch: Callable[[Sequence[int], datetime], Mapping[int, object]] | None = None
    choices: Choices | None = None
    unit: str | Promise = ""
    help: str | Promise = ""
    whole: bool = True
    operators: tuple[str, ...] = ()
    is_offered: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", self.model or self.base)
        object.__setattr__(self, "operators", self.operators or OPERATORS[self.kind])
        sources = [bool(self.column), self.expression is not None, self.to_q is not None]
        if sources.count(True) != 1:
            raise ValueError(f"field {self.name!r} needs one of column, expression or to_q")
        if (self.to_q is None) != (self.fetch is None):
            raise ValueError(f"field {self.name!r}: to_q and fetch come together")
        if (self.kind in {Kind.CHOICE, Kind.SET}) != (self.choices is not None):
            raise ValueError(f"field {self.name!r}: choices are for the kinds choice and set")
        if not set(self.operators) <= set(OPERATORS[self.kind]):
            raise ValueError(f"field {self.name!r} has operators its kind does not know")

    def unknown(self, keys: Sequence[Key]) -> list[Key]:
        """Those of `keys` that name no choice; one query for choices that are rows."""
        known = self.choices.labels(keys) if self.choices is not None else {}
        return [key for key in keys if key not in known]


@dataclass(frozen=True, kw_only=True)
class Family:
    """Fields over `base` that are rows of a table, not code; their names begin with `<prefix>.`.

    `read()` gives all of them, those no longer offered included; it may query.
    """

    prefix: str
    read: Callable[[], Sequence[Field]]
    base: str = FACTS

    def owns(self, name: object) -> bool:
        return isinstance(name, str) and name.startswith(f"{self.prefix}.")


_fields: dict[str, Field] = {}
_families: dict[str, Family] = {}


def register(*fields: Field) -> None:
    """Add fields; raises ValueError when a name is taken."""
    for added in fields:
        if added.name in _fields or _family_of(added.name):
            raise ValueError(f"segment field {added.name!r} is registered twice")
        _fields[added.name] = added


def register_family(family: Family) -> None:
    """Add a family; raises ValueError when a name that begins with its prefix is taken."""
    if family.prefix in _families or any(family.owns(name) for name in _fields):
        raise ValueError(f"segment fields {family.prefix!r}.… are registered twice")
    _families[family.prefix] = family


def _family_of(name: object) -> Family | None:
    return next((family for family in _families.values() if family.owns(name)), None)


class Vocabulary(Mapping[str, Field]):
    """The fields over one base by name. A family is read once, when it is first asked for."""

    def __init__(self, base: str) -> None:
        self._own = {name: known for name, known in _fields.items() if known.base == base}
        self._families = [family for family in _families.values() if family.base == base]
        self._read: dict[str, dict[str, Field]] = {}

    def __getitem__(self, name: str) -> Field:
        family = next((family for family in self._families if family.owns(name)), None)
        return self._own[name] if family is None else self._members(family)[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        for family in self._families:
            yield from self._members(family)

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def _members(self, family: Family) -> dict[str, Field]:
        if family.prefix not in self._read:
            self._read[family.prefix] = {member.name: member for member in family.read()}
        return self._read[family.prefix]


def vocabulary(base: str = FACTS) -> Vocabulary:
    """The fields over `base` by name, in the order of registration, families behind the rest."""
    return Vocabulary(base)


def field_named(name: str) -> Field:
    """The field of this name, whatever its base; one of a family costs a query. Raises KeyError."""
    family = _family_of(name)
    return _fields[name] if family is None else Vocabulary(family.base)[name]


def read_rule(data: object, *, base: str = FACTS) -> Node:
    """`data` (JSON) as nodes over `base`. Raises RuleError in the active language for the first
    mistake, ids that name nothing included.
    """
    return parse.parse(data, vocabulary(base), gettext)


def rule_problems(data: object, *, base: str = FACTS) -> tuple[Node | None, list[parse.RuleError]]:
    """Like `read_rule`, with every mistake at once instead of an exception."""
    return parse.problems(data, vocabulary(base), gettext)
