"""Read a journey from JSON: a Definition, or every mistake with its step and field. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import time
from typing import Any

from broadcasts.policy import journey_definition as shape
from broadcasts.policy.journey_definition import Definition, Exit, Reentry, Trigger
from broadcasts.policy.journey_step_reading import StepReader
from broadcasts.policy.journey_values import Problem, RuleReader, Say, Values, as_it_is
from scrm.segments.nodes import Node

__all__ = ["Problem", "read"]


def read(
    data: object, read_rule: RuleReader, say: Say = as_it_is
) -> tuple[Definition | None, list[Problem]]:
    """The definition, or None with all mistakes in reading order.

    `read_rule(rule, subject)` reads a segment rule over customers or groups; `say` translates.
    """
    _ = say
    if not isinstance(data, Mapping):
        return None, [Problem("", "", _("Give an object with subject, trigger and steps."))]
    reader = _Reader(data, read_rule, say)
    definition = reader.definition()
    return (None, reader.problems) if reader.problems else (definition, [])


class _Reader:
    def __init__(self, data: Mapping[str, Any], read_rule: RuleReader, say: Say) -> None:
        self.problems: list[Problem] = []
        self._data, self._read_rule, self._ = data, read_rule, say
        self._values = Values(data, self.problems, say)
        self._subject = self._values.one_of("subject", (shape.CONTACT, shape.GROUP))

    def definition(self) -> Definition | None:
        _ = self._
        self._values.only({"format", "subject", "trigger", "entry", "steps", "exits", "reentry"})
        if self._data.get("format", shape.FORMAT) != shape.FORMAT:
            self._values.wrong("format", _("Only format 1 is known."))
        if not self._subject:
            return None
        trigger = self._trigger(self._part("trigger"))
        entry = self._rule("entry", self._data.get("entry"))
        steps = StepReader(self._subject, self._read_rule, self.problems, _).steps(
            self._data.get("steps")
        )
        exits = self._exits(self._data.get("exits", []), trigger)
        reentry = self._reentry(self._part("reentry", {"kind": "never"}))
        if self.problems or trigger is None:
            return None
        return Definition(self._subject, trigger, steps, entry, exits, reentry)

    def _part(self, name: str, default: Mapping[str, Any] | None = None) -> Values | None:
        part = self._data.get(name, default)
        if not isinstance(part, Mapping):
            self._values.wrong(name, self._("Give an object with a “kind”."))
            return None
        return Values(part, self.problems, self._, prefix=name)

    def _rule(self, name: str, rule: object) -> Node | None:
        if rule is None:
            return None
        node, errors = self._read_rule(rule, self._subject)
        for error in errors:
            self._values.wrong(name, error)
        return node

    def _trigger(self, values: Values | None) -> Trigger | None:
        if values is None:
            return None
        kind = values.one_of("kind", shape.TRIGGERS[self._subject])
        if not kind:
            return None
        read_one, keys = _TRIGGER_READERS.get(kind, (None, ()))
        values.only({"kind", *keys})
        return Trigger(kind, **(read_one(values) if read_one else {}))

    def _exits(self, data: object, trigger: Trigger | None) -> tuple[Exit, ...]:
        _ = self._
        if not isinstance(data, Sequence) or isinstance(data, str):
            self._values.wrong("exits", _("Give a list."))
            return ()
        exits: list[Exit] = []
        for index, item in enumerate(data):
            place = f"exits[{index}]"
            if not isinstance(item, Mapping):
                self._values.wrong(place, _("Give an object with a “kind”."))
                continue
            values = Values(item, self.problems, _, prefix=place)
            kind = values.one_of("kind", shape.EXITS[self._subject])
            values.only({"kind", "rule"} if kind == "segment" else {"kind"})
            if kind == "left_group" and trigger and trigger.kind not in shape.WITH_GROUP:
                values.wrong("kind", _("This trigger names no group that could be left."))
            rule = self._exit_rule(place, item) if kind == "segment" else None
            exits.append(Exit(kind, rule))
        return tuple(exits)

    def _exit_rule(self, place: str, item: Mapping[str, Any]) -> Node | None:
        if item.get("rule") is None:
            self._values.wrong(f"{place}.rule", self._("Say whom it ends for."))
            return None
        return self._rule(f"{place}.rule", item["rule"])

    def _reentry(self, values: Values | None) -> Reentry:
        if values is None:
            return Reentry()
        kind = values.one_of("kind", shape.REENTRIES)
        if kind != "after_days":
            values.only({"kind"})
            return Reentry(kind)
        values.only({"kind", "days"})
        return Reentry(kind, values.number("days", least=1, most=730))


def _group_day(values: Values) -> dict[str, Any]:
    return {
        "days": values.number("day", least=1, most=366),
        "at": values.clock("at", default=time(10)),
        "groups": values.ids("groups"),
    }


def _after_order(values: Values) -> dict[str, Any]:
    return {
        "days": values.number("days", least=1, most=730),
        "at": values.clock("at", default=time(10)),
        "products": values.ids("products"),
    }


def _date_field(values: Values) -> dict[str, Any]:
    return {
        "field": values.text("field", most=32),
        "days": values.number("days_before", least=0, most=60, default=0),
        "at": values.clock("at", default=time(9)),
        "is_yearly": values.flag("yearly", default=True),
    }


def _stage(values: Values) -> dict[str, Any]:
    return {
        "to_stages": values.codes("to", shape.STAGES, needed=True),
        "from_stages": values.codes("from", shape.STAGES),
    }


def _segment(values: Values) -> dict[str, Any]:
    return {"segment": values.number("segment", least=1, most=2**31 - 1)}


_ReadOne = Callable[[Values], dict[str, Any]]
_TRIGGER_READERS: dict[str, tuple[_ReadOne, tuple[str, ...]]] = {
    "channel": (lambda values: {"states": values.texts("states", needed=True)}, ("states",)),
    "tag_added": (lambda values: {"tags": values.ids("tags", needed=True)}, ("tags",)),
    "segment_entered": (_segment, ("segment",)),
    "segment_left": (_segment, ("segment",)),
    "stage": (_stage, ("to", "from")),
    "order_paid": (lambda values: {"products": values.ids("products")}, ("products",)),
    "after_order": (_after_order, ("days", "at", "products")),
    "date_field": (_date_field, ("field", "days_before", "at", "yearly")),
    "joined_group": (lambda values: {"groups": values.ids("groups")}, ("groups",)),
    "group_day": (_group_day, ("day", "at", "groups")),
}
