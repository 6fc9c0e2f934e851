"""What the form of a journey asks for: the blanks of each trigger, step and way back in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from broadcasts.models import TouchClass
from broadcasts.policy.journey_definition import GROUP, STAGES
from contacts.models import ProfileField, Topic
from contacts.models.lifecycle import Stage
from contacts.selectors.segments import live_segments
from groups.selectors.audiences import live_segments as live_group_segments

Words: TypeAlias = str | Promise
Choices: TypeAlias = Callable[[], Iterable[tuple[Any, Words]]]
# Kinds whose values are the keys of rows.
CHIPS, ROW = "chips", "row"


@dataclass(frozen=True)
class Blank:
    """One value of the form. `kind` is text | long | number | clock | choice | several | weekdays
    | flag | chips (of the segment field `source`) | row (a key) | rule | attachments.

    `default` is what nothing means; `start` stands there when the blank is first shown.
    """

    name: str
    kind: str
    label: Words
    help: Words = ""
    default: Any = None
    start: Any = None
    least: int = 0
    most: int = 0
    source: str = ""
    choices: Choices | None = None
    is_wide: bool = False


def segments() -> list[tuple[int, str]]:
    """The segments of customers that may be chosen."""
    return list(live_segments().values_list("pk", "name"))


def group_segments() -> list[tuple[int, str]]:
    """Those of groups."""
    return list(live_group_segments().values_list("pk", "name"))


def segments_of(subject: str) -> list[tuple[int, str]]:
    return group_segments() if subject == GROUP else segments()


def _topics() -> list[tuple[int, str]]:
    return list(Topic.objects.filter(is_active=True).values_list("pk", "name"))


def _date_fields() -> list[tuple[str, str]]:
    dated = ProfileField.objects.filter(kind=ProfileField.Kind.DATE, is_archived=False)
    return list(dated.values_list("key", "label"))


def _stages() -> list[tuple[str, Words]]:
    labels = dict(Stage.choices)
    return [(code, labels[code]) for code in STAGES]


def _at(default: str) -> Blank:
    return Blank("at", "clock", _("Time of day"), default=default)


_PRODUCTS = Blank(
    "products",
    CHIPS,
    _("Products"),
    _("None chosen: any product."),
    source="order.product",
    is_wide=True,
)
_GROUPS = Blank(
    "groups", CHIPS, _("Groups"), _("None chosen: any group."), source="group", is_wide=True
)
_SEGMENT = Blank("segment", ROW, _("Segment"), choices=segments)
_GROUP_SEGMENT = Blank("segment", ROW, _("Group segment"), choices=group_segments)

TRIGGERS: Mapping[str, tuple[Blank, ...]] = {
    "channel": (Blank("states", CHIPS, _("Channels"), source="follow.state", is_wide=True),),
    "tag_added": (Blank("tags", CHIPS, _("Any of these tags"), source="tag", is_wide=True),),
    "segment_entered": (_SEGMENT,),
    "segment_left": (_SEGMENT,),
    "stage": (
        Blank("to", "several", _("Into one of these stages"), choices=_stages),
        Blank(
            "from",
            "several",
            _("Out of one of these"),
            _("None chosen: whatever it was before."),
            choices=_stages,
        ),
    ),
    "order_paid": (_PRODUCTS,),
    "after_order": (
        Blank("days", "number", _("Days after the order"), start=7, least=1, most=730),
        _at("10:00"),
        _PRODUCTS,
    ),
    "date_field": (
        Blank(
            "field",
            "choice",
            _("Date"),
            _("Profile fields of the kind “day”."),
            choices=_date_fields,
        ),
        Blank("days_before", "number", _("Days before"), default=0, least=0, most=60),
        _at("09:00"),
        Blank("yearly", "flag", _("Every year"), default=True),
    ),
    "joined_group": (_GROUPS,),
    "group_day": (
        Blank("day", "number", _("Day"), _("1 is the day she joined."), start=3, least=1, most=366),
        _at("10:00"),
        _GROUPS,
    ),
}
GROUP_TRIGGERS: Mapping[str, tuple[Blank, ...]] = {
    "group_day": (
        Blank(
            "day",
            "number",
            _("Day"),
            _("1 is the day the group was opened."),
            start=3,
            least=1,
            most=366,
        ),
        _at("10:00"),
    ),
    "segment_entered": (_GROUP_SEGMENT,),
    "segment_left": (_GROUP_SEGMENT,),
}
REENTRIES: Mapping[str, tuple[Blank, ...]] = {
    "after_days": (Blank("days", "number", _("Days"), start=90, least=1, most=730),)
}
_TITLE = Blank("title", "text", _("Name of the step"), _("Only for you; may stay empty."), most=64)
_MESSAGE = (
    Blank("text", "long", _("Message"), most=4000, is_wide=True),
    Blank("attachments", "attachments", _("Attachments"), is_wide=True),
)
_BENEFIT = Blank(
    "benefit",
    "text",
    _("What does the customer gain?"),
    _("One sentence. If nothing comes to mind, do not send."),
    most=200,
    is_wide=True,
)
_PATIENCE = Blank(
    "patience_hours",
    "number",
    _("Patience in hours"),
    _("So long may the message wait for quiet hours and caps; then the step is passed over."),
    default=72,
    least=1,
    most=1440,
)
_TOUCH_CLASS = Blank(
    "touch_class",
    "choice",
    _("Touch class"),
    _("Deep touches spare new friends; service is owed to the customer."),
    default="light",
    choices=lambda: TouchClass.choices,
)
STEPS: Mapping[str, tuple[Blank, ...]] = {
    "wait": (
        Blank("days", "number", _("Days"), default=0, least=0, most=366),
        Blank("hours", "number", pgettext_lazy("length", "Hours"), default=0, least=0, most=999),
        Blank("minutes", "number", _("Minutes"), default=0, least=0, most=999),
    ),
    "wait_until": (
        Blank("at", "clock", _("Time of day")),
        Blank("until", "clock", _("Until when"), _("Whoever comes later waits for the next time.")),
        Blank(
            "days", "number", _("At least days later"), _("0: today is fine."), default=0, most=366
        ),
        Blank("weekdays", "weekdays", _("Weekdays"), _("None chosen: any."), is_wide=True),
    ),
    "condition": (Blank("rule", "rule", _("What is asked"), is_wide=True),),
    "send": (
        *_MESSAGE,
        _BENEFIT,
        _TOUCH_CLASS,
        Blank(
            "topic",
            ROW,
            _("Topic"),
            _("Customers who switched this topic off are left out."),
            choices=_topics,
        ),
        _PATIENCE,
    ),
    "staff_task": (
        Blank("text", "text", _("What to do"), most=200, is_wide=True),
        Blank("due_days", "number", _("Due after days"), default=1, least=0, most=90),
    ),
    "tag": (
        Blank("add", CHIPS, _("Put on"), source="tag", is_wide=True),
        Blank("remove", CHIPS, _("Take off"), source="tag", is_wide=True),
    ),
    "webhook": (
        Blank("name", "text", _("Name of the event"), _("The other system sees it."), most=64),
    ),
    "end": (),
}
# What a step begins with.
STARTS: Mapping[str, Mapping[str, Any]] = {
    "wait": {"days": 1},
    "wait_until": {"at": "10:00", "days": 1},
    "condition": {"yes": [], "no": []},
}
# Words of messages to groups: their task goes to the owner, and topics are of customers.
_GROUP_STEPS: Mapping[str, tuple[Blank, ...]] = {
    "send": (*_MESSAGE, _BENEFIT, _TOUCH_CLASS, _PATIENCE),
    "tag": (
        Blank("add", CHIPS, _("Put on"), source="chat.tag", is_wide=True),
        Blank("remove", CHIPS, _("Take off"), source="chat.tag", is_wide=True),
    ),
}


def trigger_blanks(kind: str, subject: str) -> tuple[Blank, ...]:
    if subject == GROUP:
        return GROUP_TRIGGERS.get(kind, ())
    return TRIGGERS.get(kind, ())


def step_blanks(kind: str, subject: str) -> tuple[Blank, ...]:
    """What a step of this kind asks for, its name last."""
    own = STEPS.get(kind, ())
    if subject == GROUP:
        own = _GROUP_STEPS.get(kind, own)
    return (*own, _TITLE)
