"""Journeys in words: triggers, steps, exits. Also of drafts, whose values may be anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeGuard

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from broadcasts.policy.journey_definition import GROUP
from broadcasts.selectors.journey_definitions import base_of
from broadcasts.selectors.reasons import reason_words
from contacts.models import ProfileField, Segment
from contacts.models.lifecycle import Stage
from groups.models import GroupSegment
from scrm.segments.explain import explain
from scrm.segments.fields import read_rule, vocabulary
from scrm.segments.parse import RuleError

_NAMED = 3
_UNSAID = "…"

TRIGGER_TITLES: Mapping[str, str | Promise] = {
    "new_friend": gettext_lazy("A customer adds a staff member"),
    "channel": gettext_lazy("A customer comes by a channel"),
    "tag_added": gettext_lazy("A tag is put on"),
    "segment_entered": gettext_lazy("Comes into a segment"),
    "segment_left": gettext_lazy("Leaves a segment"),
    "stage": gettext_lazy("The lifecycle stage changes"),
    "order_paid": gettext_lazy("An order is paid"),
    "after_order": gettext_lazy("Days after an order"),
    "date_field": gettext_lazy("A birthday or another date"),
    "joined_group": gettext_lazy("A customer joins a group"),
    "group_day": gettext_lazy("The n-th day in a group"),
    "group_opened": gettext_lazy("A group is opened"),
    "manual": gettext_lazy("Only by hand"),
}
STEP_TITLES: Mapping[str, str | Promise] = {
    "wait": gettext_lazy("Wait"),
    "wait_until": gettext_lazy("Wait until a time of day"),
    "condition": gettext_lazy("Condition"),
    "send": gettext_lazy("Send a message"),
    "staff_task": gettext_lazy("Task for staff"),
    "tag": gettext_lazy("Tags"),
    "webhook": gettext_lazy("Tell another system"),
    "end": gettext_lazy("End"),
}
EXIT_TITLES: Mapping[str, str | Promise] = {
    "ordered": gettext_lazy("She has paid an order since the journey began"),
    "unfriended": gettext_lazy("She is no longer a friend of any staff member"),
    "do_not_contact": gettext_lazy("She asked not to be written to"),
    "left_group": gettext_lazy("She left the group that started the journey"),
    "segment": gettext_lazy("A rule holds"),
}
REENTRY_TITLES: Mapping[str, str | Promise] = {
    "never": gettext_lazy("Once only"),
    "after_days": gettext_lazy("Again, some days after the last end"),
    "always": gettext_lazy("As often as it is triggered"),
}

# Why a run did not begin, left early, or passed a step over; the governor's reasons beside them.
REASONS: Mapping[str, str | Promise] = {
    "entry": gettext_lazy("The condition at the beginning did not hold"),
    "open": gettext_lazy("Was under way in this journey already"),
    "again": gettext_lazy("Has been through before"),
    "ordered": gettext_lazy("Has ordered"),
    "unfriended": gettext_lazy("Is no longer a friend"),
    "do_not_contact": gettext_lazy("Asked not to be written to"),
    "left_group": gettext_lazy("Left the group"),
    "segment": gettext_lazy("The rule of an exit holds"),
    "dismissed": gettext_lazy("The group was dismissed"),
    "archived": gettext_lazy("The journey was archived"),
    "cancelled": gettext_lazy("Taken out by hand"),
    "patience": gettext_lazy("The message waited too long"),
    "yes": gettext_lazy("Yes"),
    "no": gettext_lazy("No"),
}


def journey_reason(code: str) -> str:
    """A reason in words; one of the governor's by its own, an unknown one stands for itself."""
    return str(REASONS[code]) if code in REASONS else reason_words(code)


class JourneyWords:
    """Words of one journey or of a list of them; names are read once per kind and key."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, Any], str] = {}

    def trigger(self, definition: Mapping[str, Any]) -> str:
        """What starts it, with what its kind names."""
        trigger = _mapping(definition.get("trigger"))
        kind = str(trigger.get("kind", ""))
        if kind not in TRIGGER_TITLES:
            return _("No trigger chosen yet")
        tell = _TRIGGER_TELLERS.get(kind)
        detail = tell(self, trigger, str(definition.get("subject"))) if tell else ""
        title = str(TRIGGER_TITLES[kind])
        return f"{title}{_(': ')}{detail}" if detail else title

    def step_title(self, step: Mapping[str, Any]) -> str:
        """The title somebody gave it, or what its kind is called."""
        return str(step.get("title") or STEP_TITLES.get(str(step.get("kind")), _UNSAID))

    def step(self, step: Mapping[str, Any], subject: str) -> str:
        """What it does, in one line."""
        tell = _STEP_TELLERS.get(str(step.get("kind")))
        return tell(self, step, subject) if tell else ""

    def exit(self, item: Mapping[str, Any], subject: str) -> str:
        kind = str(item.get("kind"))
        title = str(EXIT_TITLES.get(kind, _UNSAID))
        if kind == "segment":
            return f"{title}{_(': ')}{self.rule(item.get('rule'), subject)}"
        return title

    def reentry(self, item: Mapping[str, Any]) -> str:
        if item.get("kind") == "after_days":
            return _("Again, %(days)s days after the last end") % {"days": _said(item.get("days"))}
        return str(REENTRY_TITLES.get(str(item.get("kind")), _UNSAID))

    def rule(self, rule: object, subject: str) -> str:
        """A segment rule; for one that cannot be read, why."""
        if rule is None:
            return _UNSAID
        try:
            return explain(read_rule(rule, base=base_of(subject)))
        except RuleError as error:
            return str(error)

    def names(self, field: str, keys: object, subject: str = "") -> str:
        """Entries of a segment field by their names, the first few of them."""
        chosen = [key for key in keys if isinstance(key, int | str)] if _is_list(keys) else []
        labels = self.labels(field, chosen, subject)
        return _few([labels.get(key, str(key)) for key in chosen])

    def labels(self, field: str, keys: Iterable[Any], subject: str = "") -> dict[Any, str]:
        """The names of those that exist."""
        wanted = list(keys)
        missing = [key for key in wanted if (field, key) not in self._names]
        known = vocabulary(base_of(subject)).get(field) if missing else None
        if known is not None and known.choices is not None:
            for key, label in known.choices.labels(missing).items():
                self._names[field, key] = label
        return {key: self._names[field, key] for key in wanted if (field, key) in self._names}

    def segment(self, key: object, subject: str) -> str:
        if not isinstance(key, int):
            return _UNSAID
        if ("segment of " + subject, key) not in self._names:
            model = GroupSegment if subject == GROUP else Segment
            name = model._default_manager.filter(pk=key).values_list("name", flat=True).first()
            self._names["segment of " + subject, key] = name or _("a segment that is gone")
        return self._names["segment of " + subject, key]

    def profile_field(self, key: object) -> str:
        if ("profile field", key) not in self._names:
            for known, label in ProfileField.objects.values_list("key", "label"):
                self._names["profile field", known] = label
        return self._names.get(("profile field", key), _said(key))


def length_words(days: object, hours: object, minutes: object) -> str:
    """A time such as “1 day 2 hours”."""
    parts = []
    if isinstance(days, int) and days:
        parts.append(ngettext("%(n)s day", "%(n)s days", days) % {"n": days})
    if isinstance(hours, int) and hours:
        parts.append(ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours})
    if isinstance(minutes, int) and minutes:
        parts.append(ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes})
    return " ".join(parts) or _UNSAID


def _few(names: list[str]) -> str:
    shown = "、".join(names[:_NAMED])
    more = len(names) - _NAMED
    if more <= 0:
        return shown
    words = ngettext("%(names)s and %(more)d more", "%(names)s and %(more)d more", more)
    return words % {"names": shown, "more": more}


def _said(value: object) -> str:
    return _UNSAID if value in (None, "") else str(value)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _stages(codes: object) -> str:
    labels = dict(Stage.choices)
    return _few([str(labels.get(code, code)) for code in codes]) if _is_list(codes) else ""


_Told = Mapping[str, Any]


def _channel(words: JourneyWords, told: _Told, _subject: str) -> str:
    return words.names("follow.state", told.get("states"))


def _tag_added(words: JourneyWords, told: _Told, _subject: str) -> str:
    return words.names("tag", told.get("tags"))


def _segment(words: JourneyWords, told: _Told, subject: str) -> str:
    return words.segment(told.get("segment"), subject)


def _stage(_words: JourneyWords, told: _Told, _subject: str) -> str:
    to, before = _stages(told.get("to")), _stages(told.get("from"))
    if not before:
        return to
    return _("from %(before)s to %(to)s") % {"before": before, "to": to}


def _products(words: JourneyWords, told: _Told, _subject: str) -> str:
    return words.names("order.product", told.get("products"))


def _after_order(words: JourneyWords, told: _Told, subject: str) -> str:
    when = _("day %(days)s at %(at)s") % {
        "days": _said(told.get("days")),
        "at": told.get("at", "10:00"),
    }
    products = _products(words, told, subject)
    return f"{when} ({products})" if products else when


def _date_field(words: JourneyWords, told: _Told, _subject: str) -> str:
    before = told.get("days_before") or 0
    parts = {"field": words.profile_field(told.get("field")), "at": told.get("at", "09:00")}
    if not before:
        return _("%(field)s, on the day at %(at)s") % parts
    return _("%(field)s, %(before)s days before at %(at)s") % {**parts, "before": before}


def _joined_group(words: JourneyWords, told: _Told, _subject: str) -> str:
    return words.names("group", told.get("groups"))


def _group_day(words: JourneyWords, told: _Told, subject: str) -> str:
    when = _("day %(days)s at %(at)s") % {
        "days": _said(told.get("day")),
        "at": told.get("at", "10:00"),
    }
    groups = _joined_group(words, told, subject)
    return f"{when} ({groups})" if groups else when


_TRIGGER_TELLERS: dict[str, Callable[[JourneyWords, _Told, str], str]] = {
    "channel": _channel,
    "tag_added": _tag_added,
    "segment_entered": _segment,
    "segment_left": _segment,
    "stage": _stage,
    "order_paid": _products,
    "after_order": _after_order,
    "date_field": _date_field,
    "joined_group": _joined_group,
    "group_day": _group_day,
}


def _wait(_words: JourneyWords, step: _Told, _subject: str) -> str:
    return length_words(step.get("days"), step.get("hours"), step.get("minutes"))


def _wait_until(_words: JourneyWords, step: _Told, _subject: str) -> str:
    until = step.get("until")
    clock = f"{_said(step.get('at'))}–{until}" if until else _said(step.get("at"))
    days = step.get("days") or 0
    if days == 1:
        clock = _("the next day, %(clock)s") % {"clock": clock}
    elif isinstance(days, int) and days > 1:
        clock = _("%(days)d days later, %(clock)s") % {"days": days, "clock": clock}
    listed = step.get("weekdays")
    weekdays = [day for day in listed if day in range(1, 8)] if _is_list(listed) else []
    if not weekdays or len(weekdays) == 7:
        return clock
    return f"{clock} · " + "、".join(str(WEEKDAYS[day - 1]) for day in sorted(weekdays))


def _condition(words: JourneyWords, step: _Told, subject: str) -> str:
    return words.rule(step.get("rule"), subject)


def _send(_words: JourneyWords, step: _Told, _subject: str) -> str:
    text = " ".join(str(step.get("text") or "").split())
    attachments = step.get("attachments")
    more = len(attachments) if isinstance(attachments, list) else 0
    shown = text[:60] + ("…" if len(text) > 60 else "")
    if not more:
        return shown or _UNSAID
    words = ngettext("%(n)d attachment", "%(n)d attachments", more) % {"n": more}
    return f"{shown} + {words}" if shown else words


def _staff_task(_words: JourneyWords, step: _Told, _subject: str) -> str:
    return str(step.get("text") or _UNSAID)


def _tag(words: JourneyWords, step: _Told, subject: str) -> str:
    field = "chat.tag" if subject == GROUP else "tag"
    add = words.names(field, step.get("add"), subject)
    remove = words.names(field, step.get("remove"), subject)
    parts = [_("put on %(tags)s") % {"tags": add}] if add else []
    if remove:
        parts.append(_("take off %(tags)s") % {"tags": remove})
    return " · ".join(parts) or _UNSAID


def _webhook(_words: JourneyWords, step: _Told, _subject: str) -> str:
    return str(step.get("name") or _UNSAID)


_STEP_TELLERS: dict[str, Callable[[JourneyWords, _Told, str], str]] = {
    "wait": _wait,
    "wait_until": _wait_until,
    "condition": _condition,
    "send": _send,
    "staff_task": _staff_task,
    "tag": _tag,
    "webhook": _webhook,
}
