"""What a journey is made of (旅程定义). Pure; `journey_reading.read` makes it from JSON.

    {
      "format": 1,
      "subject": "contact",                       contact | group
      "trigger": {"kind": "new_friend"},          see below
      "entry": null,                              a segment rule that must hold at the beginning
      "steps": [ … ],                             at least one, see below
      "exits": [{"kind": "ordered"}, …],          see below
      "reentry": {"kind": "never"}                never | {"kind": "after_days", "days": 30} | always
    }

Triggers of customers: `new_friend`; `channel` {"states": […]}; `tag_added` {"tags": [ids]};
`segment_entered` and `segment_left` {"segment": id}; `stage` {"to": ["silent"], "from": []};
`order_paid` {"products": [ids]}; `after_order` {"days": 7, "at": "10:00", "products": []};
`date_field` {"field": key of a profile field, "days_before": 0, "at": "09:00", "yearly": true};
`joined_group` {"groups": [ids]}; `group_day` {"day": 3, "at": "10:00", "groups": []}; `manual`.
Triggers of groups: `group_opened`; `group_day` (1 is the day it was opened); `segment_entered` and
`segment_left` {"segment": id of a group segment}; `manual`. Empty lists mean any.

Every step has an `id` (letters, digits, "_", at most 24, once in the journey) and may have a
`title`. After the last step of a branch the journey goes on behind its condition.

    {"id": …, "kind": "wait", "days": 1, "hours": 0, "minutes": 0}
    {"id": …, "kind": "wait_until", "at": "10:00", "until": "18:00", "weekdays": [1, …, 7], "days": 1}
    {"id": …, "kind": "condition", "rule": {…}, "yes": [steps], "no": [steps]}
    {"id": …, "kind": "send", "text": …, "attachments": […], "touch_class": "light",
     "topic": null, "benefit": …, "patience_hours": 72}
    {"id": …, "kind": "staff_task", "text": …, "due_days": 1}           customers only
    {"id": …, "kind": "tag", "add": [ids], "remove": [ids]}
    {"id": …, "kind": "webhook", "name": …}
    {"id": …, "kind": "end"}

`wait_until` waits for the next moment, at least `days` calendar days later (0: today is fine), on
one of the weekdays (none: any; 1 is Monday), from `at` to before `until` local time; without
`until` for the time `at` itself. `patience_hours`: so long may a message wait for the governor.

Exits of customers: `ordered` (since the journey began), `unfriended`, `do_not_contact`,
`left_group` (only with the triggers that name the group), and for both `segment` {"rule": {…}}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from functools import cached_property
from typing import Any, TypeAlias

from broadcasts.policy.terms import GROUP as GROUP_CHANNEL
from broadcasts.policy.terms import PRIVATE
from scrm.segments.nodes import Node, leaves

FORMAT = 1
MOST_STEPS = 80
DEPTH_LIMIT = 5
CONTACT, GROUP = "contact", "group"

CONTACT_TRIGGERS = (
    "new_friend",
    "channel",
    "tag_added",
    "segment_entered",
    "segment_left",
    "stage",
    "order_paid",
    "after_order",
    "date_field",
    "joined_group",
    "group_day",
    "manual",
)
GROUP_TRIGGERS = ("group_opened", "group_day", "segment_entered", "segment_left", "manual")
TRIGGERS: Mapping[str, tuple[str, ...]] = {CONTACT: CONTACT_TRIGGERS, GROUP: GROUP_TRIGGERS}
# Those whose run knows the group it is about.
WITH_GROUP = ("joined_group", "group_day")

STEP_KINDS: Mapping[str, tuple[str, ...]] = {
    CONTACT: (
        "wait",
        "wait_until",
        "condition",
        "send",
        "staff_task",
        "tag",
        "webhook",
        "end",
    ),
    GROUP: ("wait", "wait_until", "condition", "send", "tag", "webhook", "end"),
}
EXITS: Mapping[str, tuple[str, ...]] = {
    CONTACT: ("ordered", "unfriended", "do_not_contact", "left_group", "segment"),
    GROUP: ("segment",),
}
REENTRIES = ("never", "after_days", "always")
STAGES = ("new", "first", "repeat", "silent", "lost")
TOUCH_CLASSES = ("light", "deep", "service")


@dataclass(frozen=True)
class Trigger:
    """What starts a journey; of the other fields those count that its kind names."""

    kind: str
    states: tuple[str, ...] = ()
    tags: tuple[int, ...] = ()
    segment: int = 0
    from_stages: tuple[str, ...] = ()
    to_stages: tuple[str, ...] = ()
    products: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    days: int = 0
    at: time = time(10)
    field: str = ""
    is_yearly: bool = True


@dataclass(frozen=True)
class Exit:
    """What ends a run at any step."""

    kind: str
    rule: Node | None = None


@dataclass(frozen=True)
class Reentry:
    """Whether somebody who has been through may begin again, `days` after the last end."""

    kind: str = "never"
    days: int = 0


@dataclass(frozen=True, kw_only=True)
class _Step:
    id: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Wait(_Step):
    """Go on after a time (等待)."""

    length: timedelta


@dataclass(frozen=True, kw_only=True)
class WaitUntil(_Step):
    """Go on at a time of day (等到)."""

    at: time
    until: time | None = None
    weekdays: frozenset[int] = frozenset()
    days: int = 0


@dataclass(frozen=True, kw_only=True)
class Condition(_Step):
    """Two ways (条件分支)."""

    rule: Node
    yes: tuple[Step, ...] = ()
    no: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Send(_Step):
    """A message, through an ordinary broadcast and its governor (发消息)."""

    text: str
    attachments: tuple[Mapping[str, Any], ...] = ()
    touch_class: str = "light"
    topic: int | None = None
    benefit: str = ""
    patience: timedelta = timedelta(hours=72)


@dataclass(frozen=True, kw_only=True)
class StaffTask(_Step):
    """Something for the customer's staff member to do (员工任务)."""

    text: str
    due_days: int = 1


@dataclass(frozen=True, kw_only=True)
class Tag(_Step):
    """Put tags on, take tags off (打标签)."""

    add: tuple[int, ...] = ()
    remove: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Webhook(_Step):
    """Tell another system (通知外部系统)."""

    name: str


@dataclass(frozen=True, kw_only=True)
class End(_Step):
    """The journey is over here (结束)."""


Step: TypeAlias = Wait | WaitUntil | Condition | Send | StaffTask | Tag | Webhook | End


@dataclass(frozen=True)
class Definition:
    """A journey that makes sense. Steps can only go forward, so every run comes to an end."""

    subject: str
    trigger: Trigger
    steps: tuple[Step, ...]
    entry: Node | None = None
    exits: tuple[Exit, ...] = ()
    reentry: Reentry = field(default_factory=Reentry)

    @property
    def channel(self) -> str:
        """What its messages go over: private | group."""
        return PRIVATE if self.subject == CONTACT else GROUP_CHANNEL

    @property
    def first(self) -> str:
        return self.steps[0].id

    @cached_property
    def by_id(self) -> Mapping[str, Step]:
        """Every step in reading order; nobody ever goes from a later one to an earlier one."""
        return {step.id: step for step in walk(self.steps)}

    @cached_property
    def following(self) -> Mapping[str, str]:
        """The step behind each one; "" behind the last. A condition's is where its ways meet."""
        found: dict[str, str] = {}
        _link(self.steps, "", found)
        return found

    @cached_property
    def fields(self) -> frozenset[str]:
        """Names of the segment fields that its conditions and exits ask for."""
        rules = [step.rule for step in self.by_id.values() if isinstance(step, Condition)]
        rules += [exit_.rule for exit_ in self.exits if exit_.rule is not None]
        return frozenset(leaf.field for rule in rules for _path, leaf in leaves(rule))


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, a condition before its ways, yes before no."""
    for step in steps:
        yield step
        if isinstance(step, Condition):
            yield from walk(step.yes)
            yield from walk(step.no)


def _link(steps: tuple[Step, ...], behind: str, found: dict[str, str]) -> None:
    for index, step in enumerate(steps):
        after = steps[index + 1].id if index + 1 < len(steps) else behind
        found[step.id] = after
        if isinstance(step, Condition):
            _link(step.yes, after, found)
            _link(step.no, after, found)
