"""Whose figures are asked for (范围): all customers an operator may see, or those of a segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from analytics.selectors.scope import EVERYBODY, Scope, scope_of
from contacts.models import Contact, Segment
from contacts.selectors.audiences import audience
from contacts.selectors.segments import live_segments
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError

# Figures of so many customers are worked out while somebody waits; of more by a worker.
LARGE = 5_000
MOST_SEGMENTS = 4
MAY_CHOOSE = "contacts.view_segment"


@dataclass(frozen=True)
class Part:
    """Some customers with a name: `key` finds them again, `label` is shown ("" for all).

    `is_large` says that their figures take too long to be worked out while somebody waits.
    `operator_id` is of whose data scope narrows them, None for everybody's.
    """

    key: str
    label: str
    scope: Scope
    is_large: bool = False
    segment_id: int | None = None
    operator_id: int | None = None


def everybody() -> Part:
    """All customers, whoever asks. One query."""
    return Part("all", "", EVERYBODY, is_large=_is_large(EVERYBODY))


def whole(operator: Operator) -> Part:
    """All customers the operator may see. One query."""
    scope = scope_of(operator)
    if scope is EVERYBODY:
        return everybody()
    key = f"operator:{operator.pk}"
    return Part(key, "", scope, is_large=_is_large(scope), operator_id=operator.pk)


def segment_part(segment: Segment, operator: Operator, *, now: datetime) -> Part:
    """Those of a segment, of those the operator may see. One query. Raises RuleError.

    A rule reads the facts of the whole shop, so the size of the shop decides what is large.
    """
    scope = scope_of(operator)
    key = f"segment:{segment.pk}.{segment.version}"
    return Part(
        key if scope is EVERYBODY else f"{key}+operator:{operator.pk}",
        segment.name,
        _picked(segment, scope, now),
        is_large=_is_large(EVERYBODY),
        segment_id=segment.pk,
        operator_id=None if scope is EVERYBODY else operator.pk,
    )


def chosen_parts(numbers: Sequence[int], operator: Operator, *, now: datetime) -> list[Part]:
    """The parts of up to four segments, in the order asked for. Raises InvalidInput."""
    wanted = list(dict.fromkeys(numbers))
    if not wanted:
        return []
    if len(wanted) > MOST_SEGMENTS:
        words = _("Choose up to %(most)d segments.") % {"most": MOST_SEGMENTS}
        raise InvalidInput(words, field="segment")
    found = offered_segments(operator).in_bulk(wanted)
    parts = []
    for number in wanted:
        if number not in found:
            raise InvalidInput(_("There is no such segment."), field="segment")
        try:
            parts.append(segment_part(found[number], operator, now=now))
        except RuleError as error:
            words = f"{found[number].name}: {error}"
            raise InvalidInput(words, field="segment") from None
    return parts


def offered_segments(operator: Operator) -> QuerySet[Segment]:
    """What may be chosen from; nothing for who may not look at segments."""
    return live_segments() if operator.has_perm(MAY_CHOOSE) else Segment.objects.none()


def part_named(key: str, *, now: datetime) -> Part | None:
    """The customers a worker is to look at; None when segment or operator are gone since, or the
    segment has another rule now.
    """
    segment_key, _plus, operator_key = key.rpartition("+")
    if not segment_key and not operator_key.startswith("operator:"):
        segment_key, operator_key = operator_key, ""
    operator: Operator | None = None
    if operator_key:
        number = int(operator_key.removeprefix("operator:"))
        operator = Operator.objects.filter(pk=number, is_active=True).first()
        if operator is None:
            return None
    scope = EVERYBODY if operator is None else scope_of(operator)
    narrowed = None if scope is EVERYBODY or operator is None else operator.pk
    if segment_key in ("", "all"):
        return Part(key, "", scope, is_large=True, operator_id=narrowed)
    pk, _dot, version = segment_key.removeprefix("segment:").partition(".")
    segment = Segment.objects.filter(pk=int(pk), version=int(version)).first()
    if segment is None:
        return None
    return Part(
        key,
        segment.name,
        _picked(segment, scope, now),
        is_large=True,
        segment_id=segment.pk,
        operator_id=narrowed,
    )


def _picked(segment: Segment, scope: Scope, now: datetime) -> QuerySet[Contact]:
    picked = audience(read_rule(segment.rule), now).values("pk")
    among = Contact.objects.all() if scope is None else scope
    return among.filter(pk__in=picked)


def _is_large(scope: Scope) -> bool:
    rows = Contact.objects.all() if scope is None else scope
    return rows.order_by().values("pk")[: LARGE + 1].count() > LARGE
