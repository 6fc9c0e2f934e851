"""Definitions of journeys read with the vocabulary and the names of this house."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from broadcasts.models import JourneyVersion
from broadcasts.policy.journey_definition import CONTACT, GROUP, Definition, Send, Tag
from broadcasts.policy.journey_reading import Problem, read
from contacts.models import Product, ProfileField, Segment, Topic
from contacts.models import Tag as ContactTag
from groups.models import GroupChat, GroupSegment, GroupTag
from groups.segment_fields import GROUP_FACTS
from scrm.errors import ScrmError
from scrm.segments.fields import FACTS, rule_problems
from scrm.segments.nodes import Node


class BrokenDefinition(ScrmError):
    """What was published can no longer be read, because something it names has gone."""

    code = "broken_definition"


def base_of(subject: str) -> str:
    """The facts table that rules about this subject are over."""
    return GROUP_FACTS if subject == GROUP else FACTS


def draft_problems(data: object) -> tuple[Definition | None, list[Problem]]:
    """A draft as a definition, or None with everything that is wrong, in the active language.

    What it names (tags, segments, topics, groups, products, fields) must exist. A few queries.
    """
    definition, problems = read(data, _read_rule, _)
    if definition is None:
        return None, problems
    missing = [*_trigger_problems(definition), *_step_problems(definition)]
    return (None, missing) if missing else (definition, [])


def definition_of(version: JourneyVersion) -> Definition:
    """A published definition, from memory when this process has read it before.

    Raises BrokenDefinition.
    """
    return _definition(version.pk)


@lru_cache(maxsize=512)
def _definition(version_id: int) -> Definition:
    # A version never changes, so what was read once stays true.
    version = JourneyVersion.objects.get(pk=version_id)
    definition, problems = read(version.definition, _read_rule)
    if definition is None:
        raise BrokenDefinition("; ".join(str(problem) for problem in problems))
    return definition


def _read_rule(rule: object, subject: str) -> tuple[Node | None, Sequence[str]]:
    node, errors = rule_problems(rule, base=base_of(subject))
    return node, [str(error) for error in errors]


def _trigger_problems(definition: Definition) -> Iterator[Problem]:
    trigger, subject = definition.trigger, definition.subject
    gone = _("One of them does not exist any more; choose again.")
    if _lacks(ContactTag.objects.filter(is_gone=False), trigger.tags):
        yield Problem("", "trigger.tags", gone)
    if _lacks(Product.objects.all(), trigger.products):
        yield Problem("", "trigger.products", gone)
    if _lacks(GroupChat.objects.all(), trigger.groups):
        yield Problem("", "trigger.groups", gone)
    segments: QuerySet[Segment] | QuerySet[GroupSegment] = (
        Segment.objects.filter(is_archived=False)
        if subject == CONTACT
        else GroupSegment.objects.filter(is_archived=False)
    )
    if trigger.segment and _lacks(segments, (trigger.segment,)):
        yield Problem("", "trigger.segment", _("Choose a segment that exists."))
    if trigger.field and not _date_fields().filter(key=trigger.field).exists():
        yield Problem("", "trigger.field", _("Choose a profile field that holds a day."))


def _step_problems(definition: Definition) -> Iterator[Problem]:
    tags = (
        ContactTag.objects.filter(is_gone=False)
        if definition.subject == CONTACT
        else GroupTag.objects.filter(is_gone=False)
    )
    for step in definition.by_id.values():
        if isinstance(step, Tag) and _lacks(tags, (*step.add, *step.remove)):
            field = "add" if step.add else "remove"
            yield Problem(step.id, field, _("One of the tags does not exist any more."))
        topics = (step.topic,) if isinstance(step, Send) and step.topic is not None else ()
        if _lacks(Topic.objects.filter(is_active=True), topics):
            yield Problem(step.id, "topic", _("Choose a topic that exists."))


def _date_fields() -> QuerySet[ProfileField]:
    return ProfileField.objects.filter(kind=ProfileField.Kind.DATE, is_archived=False)


def _lacks(rows: QuerySet[Any], ids: Sequence[int]) -> bool:
    wanted = set(ids)
    return bool(wanted) and rows.filter(pk__in=wanted).count() < len(wanted)
