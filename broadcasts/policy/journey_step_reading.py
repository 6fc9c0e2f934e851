"""Read the steps of a journey from JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from broadcasts.policy import journey_definition as shape
from broadcasts.policy.journey_definition import (
    Condition,
    End,
    Send,
    StaffTask,
    Step,
    Tag,
    Wait,
    WaitUntil,
    Webhook,
)
from broadcasts.policy.journey_values import Problem, RuleReader, Say, Values
from scrm.segments.nodes import Node

TEXT_BYTES = 4000
ATTACHMENTS = 9
TASK_CHARS = 200
_ID = re.compile(r"[A-Za-z0-9_]{1,24}")
_LONGEST_WAIT = timedelta(days=366)
_COMMON = {"id", "kind", "title"}


class StepReader:
    """Reads the tree of steps once and notes every mistake in `problems`."""

    def __init__(
        self, subject: str, read_rule: RuleReader, problems: list[Problem], say: Say
    ) -> None:
        self._subject, self._read_rule = subject, read_rule
        self._problems, self._ = problems, say
        self._seen: set[str] = set()

    def steps(self, data: object) -> tuple[Step, ...]:
        """The steps of the journey; at least one."""
        if data == [] or data is None:
            self._note("", "steps", self._("A journey needs at least one step."))
            return ()
        steps = self._branch(data, step="", name="steps", depth=0)
        if len(self._seen) > shape.MOST_STEPS:
            words = self._("A journey has at most %(most)d steps.")
            self._note("", "steps", words % {"most": shape.MOST_STEPS})
        return steps

    def _branch(self, data: object, *, step: str, name: str, depth: int) -> tuple[Step, ...]:
        _ = self._
        if not isinstance(data, list):
            self._note(step, name, _("Give a list of steps."))
            return ()
        if depth > shape.DEPTH_LIMIT:
            words = _("Conditions are nested deeper than %(limit)d; flatten this one.")
            self._note(step, name, words % {"limit": shape.DEPTH_LIMIT})
            return ()
        found = [
            self._step(item, step, f"{name}[{index}]", depth) for index, item in enumerate(data)
        ]
        steps = tuple(one for one in found if one is not None)
        for one in steps[:-1]:
            if isinstance(one, End):
                self._note(one.id, "kind", _("Nothing can come after the end."))
        return steps

    def _step(self, item: object, parent: str, place: str, depth: int) -> Step | None:
        _ = self._
        if not isinstance(item, Mapping):
            self._note(parent, place, _("Give an object with “id” and “kind”."))
            return None
        step_id = item.get("id")
        if not isinstance(step_id, str) or not _ID.fullmatch(step_id):
            words = _("A step needs an id of at most 24 letters, digits or “_”.")
            self._note(parent, f"{place}.id", words)
            return None
        if step_id in self._seen:
            self._note(step_id, "id", _("Two steps have this id."))
        self._seen.add(step_id)
        values = Values(item, self._problems, _, step=step_id)
        kind = values.one_of("kind", shape.STEP_KINDS[self._subject])
        if not kind:
            return None
        title = values.text("title", most=64, needed=False)
        read = getattr(self, f"_{kind}")
        step: Step | None = read(values, item, {"id": step_id, "title": title}, depth)
        return step

    def _wait(
        self, values: Values, _item: Mapping[str, Any], head: dict[str, str], _depth: int
    ) -> Wait:
        values.only({*_COMMON, "days", "hours", "minutes"})
        length = timedelta(
            days=values.number("days", least=0, most=366, default=0),
            hours=values.number("hours", least=0, most=999, default=0),
            minutes=values.number("minutes", least=0, most=999, default=0),
        )
        if not timedelta(0) < length <= _LONGEST_WAIT:
            values.wrong("days", self._("Wait at least a minute and at most 366 days."))
        return Wait(length=length, **head)

    def _wait_until(
        self, values: Values, item: Mapping[str, Any], head: dict[str, str], _depth: int
    ) -> WaitUntil:
        values.only({*_COMMON, "at", "until", "weekdays", "days"})
        at = values.clock("at")
        until = values.clock("until") if item.get("until") is not None else None
        if until is not None and until <= at:
            values.wrong("until", self._("The end must lie after the beginning."))
        return WaitUntil(
            at=at,
            until=until,
            weekdays=values.weekdays("weekdays"),
            days=values.number("days", least=0, most=366, default=0),
            **head,
        )

    def _condition(
        self, values: Values, item: Mapping[str, Any], head: dict[str, str], depth: int
    ) -> Condition | None:
        values.only({*_COMMON, "rule", "yes", "no"})
        rule = self._rule(values, item.get("rule"))
        branches = {
            name: self._branch(item.get(name, []), step=head["id"], name=name, depth=depth + 1)
            for name in ("yes", "no")
        }
        if rule is None:
            return None
        return Condition(rule=rule, yes=branches["yes"], no=branches["no"], **head)

    def _rule(self, values: Values, data: object) -> Node | None:
        if data is None:
            values.wrong("rule", self._("Say what is asked."))
            return None
        rule, errors = self._read_rule(data, self._subject)
        for error in errors:
            values.wrong("rule", error)
        return rule

    def _send(
        self, values: Values, item: Mapping[str, Any], head: dict[str, str], _depth: int
    ) -> Send:
        _ = self._
        values.only(
            {
                *_COMMON,
                *("text", "attachments", "touch_class", "topic", "benefit", "patience_hours"),
            }
        )
        text = values.text("text", most=TEXT_BYTES, needed=False)
        if len(text.encode(errors="replace")) > TEXT_BYTES:
            values.wrong("text", _("At most %(most)d bytes.") % {"most": TEXT_BYTES})
        attachments = item.get("attachments", [])
        if not isinstance(attachments, list) or not all(
            isinstance(one, Mapping) for one in attachments
        ):
            values.wrong("attachments", _("Give a list."))
            attachments = []
        if len(attachments) > ATTACHMENTS:
            values.wrong("attachments", _("At most %(most)d.") % {"most": ATTACHMENTS})
        if not text.strip() and not attachments:
            values.wrong("text", _("Write a text or attach something."))
        hours = values.number("patience_hours", least=1, most=24 * 60, default=72)
        return Send(
            text=text,
            attachments=tuple(attachments),
            touch_class=values.one_of("touch_class", shape.TOUCH_CLASSES, default="light"),
            topic=self._topic(values, item.get("topic")),
            benefit=values.text("benefit", most=200, needed=False),
            patience=timedelta(hours=hours),
            **head,
        )

    def _topic(self, values: Values, topic: object) -> int | None:
        return None if topic is None else values.number("topic", least=1, most=2**31 - 1)

    def _staff_task(
        self, values: Values, _item: Mapping[str, Any], head: dict[str, str], _depth: int
    ) -> StaffTask:
        values.only({*_COMMON, "text", "due_days"})
        return StaffTask(
            text=values.text("text", most=TASK_CHARS),
            due_days=values.number("due_days", least=0, most=90, default=1),
            **head,
        )

    def _tag(
        self, values: Values, _item: Mapping[str, Any], head: dict[str, str], _depth: int
    ) -> Tag:
        values.only({*_COMMON, "add", "remove"})
        add, remove = values.ids("add"), values.ids("remove")
        if not add and not remove:
            values.wrong("add", self._("Choose a tag to put on or to take off."))
        if set(add) & set(remove):
            values.wrong("remove", self._("A tag cannot be put on and taken off at once."))
        return Tag(add=add, remove=remove, **head)

    def _webhook(
        self, values: Values, _item: Mapping[str, Any], head: dict[str, str], _depth: int
    ) -> Webhook:
        values.only({*_COMMON, "name"})
        return Webhook(name=values.text("name", most=64), **head)

    def _end(
        self, values: Values, _item: Mapping[str, Any], head: dict[str, str], _depth: int
    ) -> End:
        values.only(_COMMON)
        return End(**head)

    def _note(self, step: str, field: str, message: str) -> None:
        self._problems.append(Problem(step, field, message))
