"""What the customer list can be asked for (筛选条件), apart from how a page or the API asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, Follow
from contacts.selectors import search  # noqa: F401 - the lookup `trigram_contains`
from contacts.selectors.departments import subtrees
from scrm.segments.days import start_of, start_of_next

NET_FEN = F("facts__revenue_fen") - F("facts__refunded_fen")

# Up to so many hits a search by text is a list of ids; with more, every page finds its rows soon.
_FEW_HITS = 2_000
_SHORTEST_PHONE_END = 4


class TagMode(StrEnum):
    """How several tags count together."""

    ANY = "any"
    ALL = "all"
    NONE = "none"


TAG_MODES: tuple[tuple[str, Promise], ...] = (
    (TagMode.ANY, _("any of them")),
    (TagMode.ALL, _("all of them")),
    (TagMode.NONE, _("none of them")),
)


class Asked(StrEnum):
    """What a customer asked of us, as a filter."""

    NOTHING = "nothing"
    DO_NOT_CONTACT = "do_not_contact"
    PAUSED = "paused"


PREFERENCES: tuple[tuple[str, Promise], ...] = (
    (Asked.NOTHING, _("May be contacted")),
    (Asked.DO_NOT_CONTACT, _("Do not contact")),
    (Asked.PAUSED, _("Paused by the customer")),
)


@dataclass(frozen=True)
class Wanted:
    """What a list was asked for; an empty value asks for nothing.

    Lists hold ids of our own, `channel` WeCom's states. Days are business days, both ends taken
    in; money is net of refunds, in fen. `tag_mode` says how several tags count.
    """

    text: str = ""
    tag_id: tuple[int, ...] = ()
    tag_mode: str = TagMode.ANY
    staff_id: tuple[int, ...] = ()
    department_id: tuple[int, ...] = ()
    group_id: tuple[int, ...] = ()
    channel: tuple[str, ...] = ()
    add_way: tuple[int, ...] = ()
    stage: tuple[str, ...] = ()
    relation: str = ""
    lost_kind: str = ""
    gender: int | None = None
    kind: int | None = None
    preference: str = ""
    added_from: date | None = None
    added_to: date | None = None
    orders_min: int | None = None
    orders_max: int | None = None
    spend_min: int | None = None
    spend_max: int | None = None
    last_order_from: date | None = None
    last_order_to: date | None = None

    @property
    def is_everything(self) -> bool:
        return not self.asked()

    def asked(self) -> set[str]:
        """The names of what is asked for."""
        named = {field.name for field in fields(self) if is_asked(getattr(self, field.name))}
        return named - {"tag_mode"}


def is_asked(value: object) -> bool:
    """Zero is an answer, too: at most 0 orders."""
    return value not in (None, "", ())


def matching(visible: QuerySet[Contact], wanted: Wanted, *, now: datetime) -> QuerySet[Contact]:
    """The visible customers that fit. Arrays of `ContactFacts` answer the to-many questions.

    No query for most filters; a search by text asks first how many it may find.
    """
    found = visible.filter(facts__isnull=False).alias(net_fen=NET_FEN)
    for condition in (*_to_many(wanted), *_of_herself(wanted), *_of_orders(wanted)):
        found = found.filter(condition)
    if wanted.tag_id and wanted.tag_mode == TagMode.NONE:
        found = found.exclude(facts__tag_ids__overlap=list(wanted.tag_id))
    if wanted.preference:
        found = found.filter(_preference(wanted.preference, now))
    if wanted.channel:
        came = Follow.objects.filter(state__in=wanted.channel, status=Follow.Status.ACTIVE)
        found = found.filter(pk__in=came.values("contact_id"))
    return found.filter(named(wanted.text)) if wanted.text else found


def _to_many(wanted: Wanted) -> Iterable[Q]:
    if wanted.tag_id and wanted.tag_mode != TagMode.NONE:
        test = "overlap" if wanted.tag_mode == TagMode.ANY else "contains"
        yield Q(**{f"facts__tag_ids__{test}": list(wanted.tag_id)})
    departments: list[int] = []
    if wanted.department_id:
        departments = sorted(set().union(*subtrees(wanted.department_id).values()))
    for column, ids in (
        ("staff_ids", wanted.staff_id),
        ("department_ids", departments),
        ("group_ids", wanted.group_id),
        ("add_ways", wanted.add_way),
    ):
        if ids:
            yield Q(**{f"facts__{column}__overlap": list(ids)})


def _of_herself(wanted: Wanted) -> Iterable[Q]:
    values: dict[str, Any] = {
        "facts__stage__in": wanted.stage,
        "facts__relation": wanted.relation,
        "lost_kind": wanted.lost_kind,
        "facts__gender": wanted.gender,
        "facts__kind": wanted.kind,
        "first_followed_at__gte": wanted.added_from and start_of(wanted.added_from),
        "first_followed_at__lt": wanted.added_to and start_of_next(wanted.added_to),
    }
    return (Q(**{path: value}) for path, value in values.items() if is_asked(value))


def _of_orders(wanted: Wanted) -> Iterable[Q]:
    values: dict[str, Any] = {
        "facts__order_count__gte": wanted.orders_min,
        "facts__order_count__lte": wanted.orders_max,
        "net_fen__gte": wanted.spend_min,
        "net_fen__lte": wanted.spend_max,
        "facts__last_order_on__gte": wanted.last_order_from,
        "facts__last_order_on__lte": wanted.last_order_to,
    }
    return (Q(**{path: value}) for path, value in values.items() if is_asked(value))


def _preference(preference: str, now: datetime) -> Q:
    refused, paused = Q(facts__is_do_not_contact=True), Q(facts__pause_until__gt=now)
    if preference == Asked.DO_NOT_CONTACT:
        return refused
    if preference == Asked.PAUSED:
        return paused
    over = Q(facts__pause_until__isnull=True) | Q(facts__pause_until__lte=now)
    return Q(facts__is_do_not_contact=False) & over


def named(text: str, *, few: int = _FEW_HITS) -> Q:
    """Customers whose name, a remark or the end of the phone fits.

    Few hits come from the three indexes and are named by id. Of many, a page's rows are found on
    the way through the list, where collecting them all first would take a second.
    """
    by_name, remarked = Q(name__trigram_contains=text), Q(remark__trigram_contains=text)
    noted = Follow.objects.exclude(remark="").filter(remarked)
    ways: list[QuerySet[Any, int]] = [
        Contact.objects.filter(by_name).values_list("pk", flat=True),
        noted.values_list("contact_id", flat=True),
    ]
    by_phone = Q()
    if text.isdigit() and len(text) >= _SHORTEST_PHONE_END:
        ended = Contact.objects.exclude(phone="").alias(backwards=Reverse("phone"))
        ended = ended.filter(backwards__startswith=text[::-1])
        ways.append(ended.values_list("pk", flat=True))
        by_phone = Q(phone__endswith=text)
    hits: set[int] = set()
    for way in ways:
        hits.update(way[: few + 1])
        if len(hits) > few:
            return by_name | Q(Exists(noted.filter(contact=OuterRef("pk")))) | by_phone
    return Q(pk__in=hits)
