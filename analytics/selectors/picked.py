"""The customers behind a mark of a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from analytics.models import ContactMetrics
from contacts.models import Contact
from contacts.selectors.audiences import audience
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator
from scrm.segments.explain import explain
from scrm.segments.fields import rule_problems
from scrm.segments.parse import RuleError

PAGE_SIZE = 50


@dataclass(frozen=True)
class Row:
    """One customer; `metrics` is None before her first order."""

    contact: Contact
    metrics: ContactMetrics | None


@dataclass(frozen=True)
class Picked:
    """The newest of `count` customers; with `errors` nothing else is filled."""

    count: int = 0
    words: str = ""
    rows: Sequence[Row] = ()
    errors: list[RuleError] = field(default_factory=list)


def picked(data: object, operator: Operator, *, now: datetime) -> Picked:
    """Who of the customers this operator may see fits a rule (JSON). Four queries."""
    rule, errors = rule_problems(data)
    if rule is None:
        return Picked(errors=errors)
    found = audience(rule, now)
    if not operator.sees_everything:
        found = found.filter(contact__in=visible_contacts(operator))
    newest = found.order_by("-first_followed_at", "-pk").values_list("pk", flat=True)
    numbers = list(newest[:PAGE_SIZE])
    contacts = Contact.objects.in_bulk(numbers)
    metrics = ContactMetrics.objects.in_bulk(numbers)
    return Picked(
        count=found.count(),
        words=explain(rule),
        rows=[Row(contacts[pk], metrics.get(pk)) for pk in numbers],
    )
