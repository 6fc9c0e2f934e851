"""Who a rule picks: the audience, its size, a sample, and why one customer is in or out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

from django.db.models import QuerySet

from contacts.models import Contact, ContactFacts, Segment
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator
from scrm.segments.compile import to_q
from scrm.segments.days import business_day
from scrm.segments.evaluate import evaluate
from scrm.segments.explain import explain
from scrm.segments.fetch import values_of
from scrm.segments.fields import rule_problems
from scrm.segments.nodes import Node, leaves
from scrm.segments.outline import Line, explain_to
from scrm.segments.parse import RuleError

SAMPLE_SIZE = 10


def audience(rule: Node, now: datetime) -> QuerySet[ContactFacts]:
    """The facts rows a rule picks, unordered; their primary key is the customer's id.

    Narrow and join it as you like: it has no join of its own, so no row appears twice.
    """
    return ContactFacts.objects.filter(to_q(rule, now=now))


def count(rule: Node, now: datetime) -> int:
    """How many customers the rule picks. One query."""
    return audience(rule, now).count()


def sample(
    rule: Node, operator: Operator, now: datetime, *, limit: int = SAMPLE_SIZE
) -> list[Contact]:
    """The newest customers the rule picks, of those this operator may see. Two queries.

    The first sorts what the rule picks, which takes about as long as a count whatever the rule;
    walking the customers from the newest would take for ever where few of them fit.
    """
    picked = _within_scope(audience(rule, now), operator)
    newest = picked.order_by("-first_followed_at", "-pk").values_list("pk", flat=True)[:limit]
    ids = list(newest)
    contacts = Contact.objects.in_bulk(ids)
    return [contacts[pk] for pk in ids]


def shown_size(segment: Segment, operator: Operator, now: datetime) -> int | None:
    """A segment's size as this operator may know it: the stored one, or for who sees only some
    customers how many of these are in it now. None for a rule that can no longer be read.
    """
    if operator.sees_everything:
        return segment.size
    rule, _errors = rule_problems(segment.rule)
    return None if rule is None else _within_scope(audience(rule, now), operator).count()


def _within_scope(picked: QuerySet[ContactFacts], operator: Operator) -> QuerySet[ContactFacts]:
    if operator.sees_everything:
        return picked
    return picked.filter(contact__in=visible_contacts(operator))


@dataclass(frozen=True)
class Preview:
    """What a builder shows while a rule is written; with `errors` nothing else is filled."""

    count: int | None = None
    milliseconds: int | None = None
    words: str = ""
    sample: list[Contact] = field(default_factory=list)
    errors: list[RuleError] = field(default_factory=list)


def preview(data: object, operator: Operator, now: datetime) -> Preview:
    """Count, explain and sample a rule that may still be wrong. `milliseconds` is of the count.

    An operator who does not see every customer gets the count of those visible: a number must
    not tell what a list would not.
    """
    rule, errors = rule_problems(data)
    if rule is None:
        return Preview(errors=errors)
    picked = _within_scope(audience(rule, now), operator)
    began = perf_counter()
    size = picked.count()
    milliseconds = round((perf_counter() - began) * 1000)
    return Preview(
        count=size,
        milliseconds=milliseconds,
        words=explain(rule),
        sample=sample(rule, operator, now) if size else [],
    )


@dataclass(frozen=True)
class Why:
    """Whether a rule picks a customer; `lines` are its groups, and its conditions with her own
    value, in reading order.
    """

    is_in: bool
    lines: list[Line]

    @property
    def conditions(self) -> list[Line]:
        return [line for line in self.lines if not line.is_group]


def why(contact_id: int, rule: Node, now: datetime) -> Why | None:
    """Why a customer is in or out; None when she has no facts yet, which is out as well."""
    names = {leaf.field for _path, leaf in leaves(rule)}
    values = values_of([contact_id], names, now=now).get(contact_id)
    if values is None:
        return None
    today = business_day(now)
    return Why(
        is_in=evaluate(rule, values, today=today),
        lines=explain_to(rule, values, today=today),
    )
