"""The form of a journey as the template shows it: a card for each step, its blanks filled in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from broadcasts.policy.journey_definition import CONTACT, STEP_KINDS
from broadcasts.policy.journey_values import Problem
from broadcasts.policy.variables import of_customer
from broadcasts.selectors.journey_words import STEP_TITLES, JourneyWords
from broadcasts.views.journey_blanks import CHIPS, Blank, segments_of, step_blanks
from broadcasts.views.journey_flow import ICONS
from contacts.selectors.named_segments import SEGMENT

_LONG_LIST = 200


@dataclass(frozen=True)
class Filled:
    """A blank with its value, as the template shows it."""

    blank: Blank
    key: str
    value: Any
    errors: Sequence[str] = ()
    # (value, label, whether chosen) of lists; (value, label) of chips and attachments.
    options: Sequence[tuple[Any, str | Promise, bool]] = ()
    chosen: Sequence[tuple[Any, str]] = ()
    # Of a rule: its JSON and its words.
    raw: str = ""
    words: str = ""

    @property
    def has_own_rule(self) -> bool:
        """Whether the rule is one that was written, not a segment of the list."""
        return bool(self.raw) and not any(chosen for _key, _label, chosen in self.options)


@dataclass(frozen=True)
class Arm:
    """One way of a condition."""

    name: str
    label: str
    place: str
    cards: Sequence[Card]


@dataclass(frozen=True)
class Card:
    """One step of the form."""

    id: str
    kind: str
    icon: str
    title: str
    kind_title: str | Promise
    number: str
    fields: Sequence[Filled]
    errors: Sequence[str]
    arms: Sequence[Arm] = ()
    cost: str = ""
    is_first: bool = False
    is_last: bool = False


class Cards:
    """Makes the cards of one draft."""

    def __init__(
        self,
        subject: str,
        *,
        words: JourneyWords,
        problems: Iterable[Problem],
        materials: Sequence[tuple[int, str]],
    ) -> None:
        self.subject, self.words, self.materials = subject, words, materials
        self.problems = list(problems)
        self._segments = [(key, name) for key, name in segments_of(subject)[:_LONG_LIST]]

    def of(self, steps: object, *, number: str = "", depth: int = 0) -> list[Card]:
        """Cards in their order, numbered 1, 2, 2.1 …"""
        listed = [step for step in steps if isinstance(step, dict)] if _is_list(steps) else []
        cards = [
            self._card(step, f"{number}{place}", depth) for place, step in enumerate(listed, 1)
        ]
        if cards and depth == 0:
            cards[0] = replace(cards[0], is_first=True)
            cards[-1] = replace(cards[-1], is_last=True)
        return cards

    def _card(self, step: Mapping[str, Any], number: str, depth: int) -> Card:
        key, kind = str(step.get("id", "")), str(step.get("kind", ""))
        fields = self.filled(step_blanks(kind, self.subject), step, key, step=key)
        named = {one.blank.name for one in fields}
        arms = []
        if kind == "condition":
            arms = [
                Arm(
                    name,
                    label,
                    f"first:{key}:{name}",
                    self.of(step.get(name), number=f"{number}{letter}.", depth=depth + 1),
                )
                for name, letter, label in (("yes", "A", _("If yes")), ("no", "B", _("If no")))
            ]
        return Card(
            id=key,
            kind=kind,
            icon=ICONS.get(kind, "help"),
            title=self.words.step_title(step),
            kind_title=STEP_TITLES.get(kind, kind),
            number=number,
            fields=fields,
            errors=self._rest(key, named),
            arms=arms,
            cost=cost_words(step, self.subject),
        )

    def filled(
        self, blanks: Iterable[Blank], values: object, prefix: str, *, step: str = ""
    ) -> list[Filled]:
        """The blanks with what `values` say; `step` is "" for the journey's own."""
        known = values if isinstance(values, Mapping) else {}
        return [
            self._filled(blank, known, f"{prefix}-{blank.name}", prefix, step) for blank in blanks
        ]

    def rule(self, key: str, rule: object, *, place: str) -> Filled:
        """A rule of the journey itself: its entry, or an exit."""
        blank = Blank(key, "rule", "")
        errors = [p.message for p in self.problems if not p.step and p.field.startswith(place)]
        return self._rule(blank, key, rule, errors)

    def errors(self, place: str) -> list[str]:
        """What is wrong at a place of the journey itself."""
        return [p.message for p in self.problems if not p.step and p.field == place]

    def _filled(
        self, blank: Blank, values: Mapping[str, Any], key: str, prefix: str, step: str
    ) -> Filled:
        value = values.get(blank.name, blank.default)
        place = blank.name if step else f"{prefix}.{blank.name}"
        errors = [p.message for p in self.problems if p.step == step and _is_within(p.field, place)]
        if blank.kind == "rule":
            return self._rule(blank, key, value, errors)
        if blank.kind == CHIPS:
            subject = self.subject if blank.source.startswith("chat.") else ""
            labels = self.words.labels(blank.source, value or (), subject)
            chosen = [(one, labels.get(one, str(one))) for one in value or ()]
            return Filled(blank, key, value, errors, chosen=chosen)
        if blank.kind == "attachments":
            return self._attachments(blank, key, value, errors)
        return Filled(blank, key, value, errors, options=self._options(blank, value))

    def _options(self, blank: Blank, value: Any) -> list[tuple[Any, str | Promise, bool]]:
        if blank.kind == "weekdays":
            days = value or ()
            return [(day + 1, name, day + 1 in days) for day, name in WEEKDAYS.items()]
        if blank.choices is None:
            return []
        chosen = value or () if blank.kind == "several" else (value,)
        return [(one, label, one in chosen) for one, label in blank.choices()]

    def _rule(self, blank: Blank, key: str, rule: object, errors: Sequence[str]) -> Filled:
        chosen = _segment_of(rule)
        return Filled(
            blank,
            key,
            rule,
            errors,
            options=[(pk, name, pk == chosen) for pk, name in self._segments],
            raw=json.dumps(rule, ensure_ascii=False) if rule is not None else "",
            words=self.words.rule(rule, self.subject) if rule is not None else "",
        )

    def _attachments(self, blank: Blank, key: str, value: Any, errors: Sequence[str]) -> Filled:
        names = dict(self.materials)
        chosen = [
            (json.dumps(item, ensure_ascii=False), attachment_words(item, names))
            for item in (value if _is_list(value) else ())
        ]
        options = [(pk, name, False) for pk, name in self.materials[:_LONG_LIST]]
        return Filled(blank, key, value, errors, options=options, chosen=chosen)

    def _rest(self, step: str, named: set[str]) -> list[str]:
        """What is wrong with a step beside its blanks."""
        return [
            p.message
            for p in self.problems
            if p.step == step and not any(_is_within(p.field, name) for name in named)
        ]


def cost_words(step: Mapping[str, Any], subject: str) -> str:
    """What the words of a message cost staff; "" when they cost no more than others."""
    text = step.get("text")
    personal = of_customer(text) if isinstance(text, str) and step.get("kind") == "send" else []
    if not personal or subject != CONTACT:
        return ""
    words = _(
        "{%(name)s} is different for every customer, and a task of WeCom has one text for all its "
        "customers. So each customer of this step becomes a task of her own, which the staff "
        "member has to confirm. Without it, whoever comes within the same %(minutes)d minutes "
        "shares one task for each staff member."
    )
    return words % {"name": personal[0].names[0], "minutes": settings.JOURNEY_SLOT_MINUTES}


def kinds_of(subject: str) -> list[tuple[str, str | Promise, str]]:
    """The kinds of steps that can be added: code, name, icon."""
    return [(kind, STEP_TITLES[kind], ICONS[kind]) for kind in STEP_KINDS[subject]]


def attachment_words(item: object, materials: Mapping[int, str]) -> str:
    """An attachment in words."""
    if not isinstance(item, Mapping):
        return "…"
    if item.get("msgtype") == "material":
        key = item.get("material")
        name = materials.get(key, str(key)) if isinstance(key, int) else str(key)
        return _("From the library: %(name)s") % {"name": name}
    kind = str(item.get("msgtype", ""))
    body = item.get(kind)
    title = body.get("title") or body.get("url") if isinstance(body, Mapping) else ""
    return _("Link: %(title)s") % {"title": title} if kind == "link" else f"{kind} {title or ''}"


def _segment_of(rule: object) -> int | None:
    """The segment of a rule that says no more than to be in it."""
    if not isinstance(rule, Mapping) or rule.get("field") != SEGMENT or rule.get("op") != "any":
        return None
    value = rule.get("value")
    if not _is_list(value) or len(value) != 1 or not isinstance(value[0], int):
        return None
    return value[0]


def _is_within(place: str, name: str) -> bool:
    return place == name or place.startswith((f"{name}.", f"{name}["))


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
