"""One order whole (订单详情): its ledger, its products, how it found its customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext

from contacts.models import MatchKind, Order, OrderEntry
from contacts.rules.phones import mask
from scrm.privacy import mask_phones

Kind = OrderEntry.Kind


@dataclass(frozen=True)
class Step:
    """Something that happened to an order. `fen` is what it changed of the money that stays."""

    at: datetime
    title: str
    fen: int | None = None
    details: str = ""
    tone: str = "blue"


@dataclass(frozen=True)
class Ledger:
    """The sums of an order's entries, in fen; `agrees` with the order's own columns."""

    amount_fen: int
    refunded_fen: int
    agrees: bool
    is_empty: bool


def ledger_of(order: Order) -> Ledger:
    """One query."""
    sums = order.entries.aggregate(
        amount=Sum("amount_fen", filter=~Q(kind=Kind.REFUND), default=0),
        refunded=Sum("amount_fen", filter=Q(kind=Kind.REFUND), default=0),
        entries=Count("pk"),
    )
    amount, refunded = int(sums["amount"]), -int(sums["refunded"])
    return Ledger(
        amount_fen=amount,
        refunded_fen=refunded,
        agrees=(amount, refunded) == (order.amount_fen, order.refunded_fen),
        is_empty=sums["entries"] == 0,
    )


def steps_of(order: Order) -> list[Step]:
    """What happened to the order, newest first. One query."""
    steps = [_entry_step(entry) for entry in order.entries.order_by("at", "pk")]
    if order.matched_at is not None:
        steps.append(
            Step(
                at=order.matched_at,
                title=gettext("Found its customer"),
                details=match_words(order),
                tone="grey",
            )
        )
    return sorted(steps, key=lambda step: step.at, reverse=True)


def match_words(order: Order) -> str:
    """By which sign the order found its customer."""
    if order.contact_id is None:
        return gettext("Nobody fits yet; it is looked for again whenever customers are read.")
    value = {
        MatchKind.EXTERNAL_USERID: order.buyer_ref,
        MatchKind.UNIONID: order.buyer_unionid,
        MatchKind.PHONE: mask(order.buyer_phone),
        MatchKind.NUMBER: order.buyer_ref,
    }.get(MatchKind(order.match_kind), "")
    if not value:
        return gettext("By which sign was not recorded then.")
    return gettext("By %(sign)s: %(value)s") % {
        "sign": MatchKind(order.match_kind).label,
        "value": mask_phones(value),
    }


def refunded_between(first: date, last: date) -> int:
    """What was given back on these business days, in fen, whenever the orders were paid.

    One read of an index that holds refunds alone.
    """
    found = OrderEntry.objects.filter(
        kind=Kind.REFUND, happened_on__gte=first, happened_on__lte=last
    ).aggregate(total=Sum("amount_fen", default=0))
    return -int(found["total"])


def _entry_step(entry: OrderEntry) -> Step:
    title, tone = _entry_words(entry)
    parts = [
        gettext("refund number %(number)s") % {"number": entry.external_id}
        if entry.external_id
        else "",
        str(entry.get_origin_display()),
    ]
    if abs((entry.imported_at - entry.at).total_seconds()) > 1:
        booked = timezone.localtime(entry.imported_at).strftime("%Y-%m-%d %H:%M")
        parts.append(gettext("booked %(at)s") % {"at": booked})
    return Step(
        at=entry.at,
        title=title,
        fen=entry.amount_fen,
        details=" · ".join(part for part in parts if part),
        tone=tone,
    )


def _entry_words(entry: OrderEntry) -> tuple[str, str]:
    if entry.kind == Kind.SALE:
        return gettext("Paid"), "green"
    if entry.kind == Kind.CORRECTION:
        return gettext("Amount corrected"), "amber"
    if entry.amount_fen > 0:
        return gettext("Refund taken back"), "amber"
    return gettext("Refunded"), "red"
