"""Tags by group with the number of customers that carry each (客户标签), and what uses a tag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.cache import cache
from django.db import connection
from django.db.models import Count, F, ForeignKey, Func, IntegerField, Prefetch, Q, QuerySet

from contacts.models import (
    ContactFacts,
    ContactTag,
    FollowTag,
    Tag,
    TagGroup,
    TagJob,
    TagKind,
    TagRule,
)
from contacts.selectors.segment_uses import Use, rules_naming
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator

# Counting eight million marks on each click would take seconds.
_COUNTED_LIVE = 200_000
_KEPT_FOR = timedelta(minutes=5)
_USES_SHOWN = 20


@dataclass(frozen=True)
class TagsWanted:
    """What is asked of the tag page. `source`: wecom, internal, rule or ""."""

    text: str = ""
    source: str = ""


@dataclass(frozen=True)
class CountedTag:
    tag: Tag
    customers: int
    rule: TagRule | None = None


@dataclass(frozen=True)
class CountedGroup:
    group: TagGroup
    tags: list[CountedTag]


@dataclass(frozen=True)
class Counts:
    """Customers by tag. `at` is when they were counted."""

    customers: dict[int, int]
    at: datetime


def counted_tags(wanted: TagsWanted, counts: Counts) -> list[CountedGroup]:
    """Every living group with its living tags, as far as they fit; three queries."""
    tags = Tag.objects.filter(is_gone=False)
    groups = TagGroup.objects.filter(is_gone=False)
    if wanted.source in TagKind.values:
        groups = groups.filter(kind=wanted.source)
    elif wanted.source == "rule":
        tags = tags.filter(kept_by__isnull=False)
    named: set[int] = set()
    if wanted.text:
        named = set(groups.filter(name__icontains=wanted.text).values_list("pk", flat=True))
        tags = tags.filter(Q(name__icontains=wanted.text) | Q(group__in=named))
    rules = {rule.tag_id: rule for rule in TagRule.objects.select_related("segment")}
    is_narrowed = bool(wanted.text) or wanted.source == "rule"
    shown = groups.prefetch_related(Prefetch("tags", tags, to_attr="shown_tags"))
    return [
        CountedGroup(
            group,
            [
                CountedTag(tag, counts.customers.get(tag.pk, 0), rules.get(tag.pk))
                for tag in group.shown_tags
            ],
        )
        for group in shown.order_by("-kind", "-order", "pk")
        if group.shown_tags or not is_narrowed or (group.pk in named and wanted.source != "rule")
    ]


def customers_by_tag(operator: Operator, *, now: datetime) -> Counts:
    """How many customers the operator may see carry each tag.

    With very many customers the figures of everybody are kept for some minutes.
    """
    if not operator.sees_everything:
        facts = ContactFacts.objects.filter(contact__in=visible_contacts(operator))
        return Counts(_count(facts), now)
    if _rows_about() <= _COUNTED_LIVE:
        return Counts(_count(ContactFacts.objects.all()), now)
    kept = cache.get("customers-by-tag")
    if kept is None:
        kept = Counts(_count(ContactFacts.objects.all()), now)
        cache.set("customers-by-tag", kept, _KEPT_FOR.total_seconds())
    return kept  # type: ignore[no-any-return]


def customers_of(tag: Tag, operator: Operator) -> int:
    """How many customers the operator may see carry this tag; one indexed count."""
    carrying = ContactFacts.objects.filter(tag_ids__contains=[tag.pk])
    if not operator.sees_everything:
        carrying = carrying.filter(contact__in=visible_contacts(operator))
    return carrying.count()


def uses_of_tag(tag: Tag) -> list[Use]:
    """What names a tag: live segments, and rows of any app that point at it.

    Every foreign key to Tag counts, and every list of a model called `tag_ids`.
    """
    uses = rules_naming("tag", tag.pk)
    for model, which in (*_pointing(tag), *_listing(tag)):
        rows = model._default_manager.filter(which).order_by("-pk")[:_USES_SHOWN]
        uses += [Use(str(model._meta.verbose_name), str(row), _address(row)) for row in rows]
    return list(dict.fromkeys(uses))


def _address(row: Any) -> str:
    find = getattr(row, "get_absolute_url", None)
    return find() if find else ""


def _count(facts: QuerySet[ContactFacts]) -> dict[int, int]:
    counted = (
        facts.annotate(tag=Func(F("tag_ids"), function="unnest", output_field=IntegerField()))
        .values("tag")
        .annotate(customers=Count("pk"))
    )
    return dict(counted.values_list("tag", "customers"))


def _rows_about() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = 'contacts_contactfacts'::regclass"
        )
        return int(cursor.fetchone()[0])


# What carries a tag, or is shown beside the uses, is no use of it.
_CARRIERS = (FollowTag, ContactTag, TagRule, TagJob, ContactFacts)


def _pointing(tag: Tag) -> Iterator[tuple[Any, Q]]:
    for relation in Tag._meta.get_fields(include_hidden=True):
        key = getattr(relation, "field", None)
        if not isinstance(key, ForeignKey) or relation.concrete or key.model in _CARRIERS:
            continue
        yield key.model, Q(**{key.name: tag.pk})


def _listing(tag: Tag) -> Iterator[tuple[Any, Q]]:
    for model in Tag._meta.apps.get_models():
        fields = {field.name: field for field in model._meta.concrete_fields}
        if model not in _CARRIERS and isinstance(fields.get("tag_ids"), ArrayField):
            yield model, Q(tag_ids__contains=[tag.pk])
