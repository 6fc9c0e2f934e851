"""Customers who asked something of us (偏好与免打扰), and the topics they may switch off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from contacts.models import Preference, Topic
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator

BLOCKED, PAUSED, TOPICS = "blocked", "paused", "topics"


@dataclass(frozen=True)
class PreferencesWanted:
    """What the list was asked for; an empty value asks for nothing. `kind` is blocked | paused |
    topics, `source` the beginning of `Preference.source`.
    """

    text: str = ""
    kind: str = ""
    topic: Topic | None = None
    source: str = ""


def visible_preferences(operator: Operator, *, now: datetime) -> QuerySet[Preference]:
    """Those of visible customers that ask for something now."""
    rows = Preference.objects.filter(
        Q(is_do_not_contact=True) | Q(pause_until__gt=now) | ~Q(topics_off=[])
    )
    if operator.sees_everything:
        return rows
    return rows.filter(contact__in=visible_contacts(operator))


def matching_preferences(
    rows: QuerySet[Preference], wanted: PreferencesWanted, *, now: datetime
) -> QuerySet[Preference]:
    """The rows that fit; `text` is part of a name or a whole external_userid."""
    if wanted.text:
        rows = rows.filter(
            Q(contact__name__trigram_contains=wanted.text) | Q(contact__external_userid=wanted.text)
        )
    kinds = {
        BLOCKED: Q(is_do_not_contact=True),
        PAUSED: Q(pause_until__gt=now),
        TOPICS: ~Q(topics_off=[]),
    }
    if wanted.kind in kinds:
        rows = rows.filter(kinds[wanted.kind])
    if wanted.topic is not None:
        rows = rows.filter(topics_off__contains=[wanted.topic.pk])
    if wanted.source:
        rows = rows.filter(source__startswith=wanted.source)
    return rows


def offered_topics() -> list[Topic]:
    """What customers may switch off, in the operators' order."""
    return list(Topic.objects.filter(is_active=True))


def switched_off(topic: Topic) -> QuerySet[Preference]:
    """Who does not want to hear of a topic: to be left out of every message about it."""
    return Preference.objects.filter(topics_off__contains=[topic.pk])
