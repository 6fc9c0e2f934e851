"""What happened to and with one customer (客户轨迹): events, orders and stages in one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, gettext_noop

from contacts.models import ContactEvent, Follow, LifecycleTransition, Order, Stage
from contacts.selectors.lifecycle import reason_words

PAGE = 30
# Signed, because what strangers make up may be no moment that Postgres knows.
_SIGNER = Signer(salt="timeline")


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `kind`: a ContactEvent kind, "order" or "stage"."""

    at: datetime
    kind: str
    title: str
    details: str
    source: str
    pk: int

    @property
    def key(self) -> tuple[datetime, str, int]:
        return self.at, self.source, self.pk


@dataclass(frozen=True)
class TimelinePage:
    """Entries, newest first. `older` asks for the page behind them; "" when there is none."""

    entries: list[Entry]
    older: str


def timeline(contact_id: int, *, before: str = "", limit: int = PAGE) -> TimelinePage:
    """The newest entries, or those behind the `older` of a page; three queries, plus products.

    A `before` that is none of ours is taken for the beginning.
    """
    cursor = _read_cursor(before)
    entries: list[Entry] = []
    for source, (rows, moment, entry) in _SOURCES.items():
        found = rows(contact_id).filter(_behind(cursor, source, moment))
        entries += map(entry, found.order_by(f"-{moment}", "-pk")[: limit + 1])
    entries.sort(key=lambda entry: entry.key, reverse=True)
    shown = entries[:limit]
    return TimelinePage(shown, _cursor(shown[-1]) if len(entries) > limit else "")


def _behind(cursor: tuple[datetime, str, int] | None, source: str, moment: str) -> Q:
    """Entries of one moment are told apart by source and number, so that none is lost or doubled
    between two pages."""
    if cursor is None:
        return Q()
    at, last_source, last_pk = cursor
    if source > last_source:
        return Q(**{f"{moment}__lt": at})
    if source < last_source:
        return Q(**{f"{moment}__lte": at})
    return Q(**{f"{moment}__lt": at}) | Q(**{moment: at, "pk__lt": last_pk})


def _cursor(entry: Entry) -> str:
    return _SIGNER.sign_object([entry.at.isoformat(), entry.source, entry.pk])


def _read_cursor(text: str) -> tuple[datetime, str, int] | None:
    try:
        at, source, pk = _SIGNER.unsign_object(text)
    except BadSignature:
        return None
    return datetime.fromisoformat(at), source, pk


def _events(contact_id: int) -> QuerySet[Any]:
    return ContactEvent.objects.filter(contact=contact_id)


def _orders(contact_id: int) -> QuerySet[Any]:
    return Order.objects.filter(contact=contact_id).prefetch_related("items__product")


def _stages(contact_id: int) -> QuerySet[Any]:
    return LifecycleTransition.objects.filter(contact=contact_id)


def _event_entry(event: ContactEvent) -> Entry:
    return Entry(
        at=event.at,
        kind=event.kind,
        title=event.get_kind_display(),
        details=" · ".join(_event_details(event.details)),
        source="event",
        pk=event.pk,
    )


def _event_details(details: dict[str, Any]) -> Iterator[str]:
    if details.get("staff"):
        yield str(details["staff"])
    if details.get("group"):
        yield str(details["group"])
    if details.get("tags"):
        yield "、".join(str(tag) for tag in details["tags"])
    if details.get("remark"):
        yield f"“{details['remark']}”"
    if details.get("by") in Follow.Status.values:
        yield str(Follow.Status(details["by"]).label)
    if details.get("words") in PREFERENCE_WORDS:
        yield gettext(PREFERENCE_WORDS[details["words"]])
    if details.get("reason") in TRANSFER_WORDS:
        yield gettext(TRANSFER_WORDS[details["reason"]])


def _order_entry(order: Order) -> Entry:
    parts = [f"{item.product.name} × {item.quantity}" for item in order.items.all()]
    if order.refunded_fen:
        parts.append(gettext("¥%(yuan)s given back") % {"yuan": _yuan(order.refunded_fen)})
    return Entry(
        at=order.paid_at,
        kind="order",
        title=gettext("Ordered for ¥%(yuan)s") % {"yuan": _yuan(order.amount_fen)},
        details=" · ".join(parts),
        source="order",
        pk=order.pk,
    )


def _stage_entry(move: LifecycleTransition) -> Entry:
    return Entry(
        at=move.at,
        kind="stage",
        title=gettext("Stage: %(stage)s") % {"stage": Stage(move.to_stage).label},
        details=reason_words(move.reason),
        source="stage",
        pk=move.pk,
    )


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


# The codes that contacts.services.preferences writes into its events.
PREFERENCE_WORDS = {
    "do_not_contact": gettext_noop("Do not contact"),
    "may_contact": gettext_noop("May be contacted again"),
    "paused": gettext_noop("Messages paused"),
    "resumed": gettext_noop("Messages resumed"),
}

# Why WeCom says that a customer was not handed over (FailReason).
TRANSFER_WORDS = {
    "customer_refused": gettext_noop("The customer refused"),
    "customer_limit_exceed": gettext_noop("The colleague has as many customers as WeCom allows"),
}

_Source = tuple[Callable[[int], QuerySet[Any]], str, Callable[[Any], Entry]]
_SOURCES: dict[str, _Source] = {
    "event": (_events, "at", _event_entry),
    "order": (_orders, "paid_at", _order_entry),
    "stage": (_stages, "at", _stage_entry),
}
