"""A filter of the customer list as the rule of a segment (筛选转人群), as far as rules can say it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from contacts.selectors.wanted import Asked, TagMode, Wanted

# What no rule can say: part of a remark or of a phone number.
INEXPRESSIBLE = ("text",)

Part = dict[str, Any]


def inexpressible(wanted: Wanted) -> list[str]:
    """The names of what is asked for and no rule can say."""
    return [name for name in INEXPRESSIBLE if getattr(wanted, name)]


def as_rule(wanted: Wanted) -> Part:
    """The rule (JSON) that picks whom the list finds; `inexpressible` parts are left out."""
    parts = [*_lists(wanted), *_choices(wanted), *_preference(wanted.preference)]
    for field, low, high in (
        ("order.lines", wanted.orders_min, wanted.orders_max),
        ("order.revenue_fen", wanted.spend_min, wanted.spend_max),
    ):
        parts += _numbers(field, low, high)
    for field, first, last in (
        ("follow.first_at", wanted.added_from, wanted.added_to),
        ("order.last_on", wanted.last_order_from, wanted.last_order_to),
    ):
        parts += _days(field, first, last)
    return {"all": parts}


def _leaf(field: str, op: str, value: object) -> Part:
    return {"field": field, "op": op, "value": value}


def _lists(wanted: Wanted) -> Iterator[Part]:
    if wanted.tag_id:
        yield _leaf("tag", TagMode(wanted.tag_mode).value, list(wanted.tag_id))
    lists: tuple[tuple[str, tuple[int, ...] | tuple[str, ...]], ...] = (
        ("staff", wanted.staff_id),
        ("department", wanted.department_id),
        ("group", wanted.group_id),
        ("follow.add_way", wanted.add_way),
        ("follow.state", wanted.channel),
    )
    for field, ids in lists:
        if ids:
            yield _leaf(field, "any", list(ids))


def _choices(wanted: Wanted) -> Iterator[Part]:
    if wanted.stage:
        yield _leaf("stage", "in", list(wanted.stage))
    for field, word in (("relation", wanted.relation), ("lost_kind", wanted.lost_kind)):
        if word:
            yield _leaf(field, "in", [word])
    for field, number in (("gender", wanted.gender), ("contact.kind", wanted.kind)):
        if number is not None:
            yield _leaf(field, "in", [number])


def _preference(preference: str) -> list[Part]:
    refused, paused = "contact.do_not_contact", "contact.is_paused"
    if preference == Asked.NOTHING:
        return [_leaf(refused, "is", value=False), _leaf(paused, "is", value=False)]
    field = {Asked.DO_NOT_CONTACT.value: refused, Asked.PAUSED.value: paused}.get(preference)
    return [_leaf(field, "is", value=True)] if field else []


def _numbers(field: str, low: int | None, high: int | None) -> Iterator[Part]:
    if low is not None:
        yield _leaf(field, ">=", low)
    if high is not None:
        yield _leaf(field, "<=", high)


def _days(field: str, first: date | None, last: date | None) -> Iterator[Part]:
    one = timedelta(days=1)  # before and after leave the named day out
    if first is not None:
        yield _leaf(field, "after", (first - one).isoformat())
    if last is not None:
        yield _leaf(field, "before", (last + one).isoformat())
