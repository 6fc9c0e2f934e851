"""Pull the payments that staff took in WeCom (对外收款) into the orders, matched by external_userid."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from contacts.models import BillPull, OrderEntry
from contacts.rules.order_lines import OrderLine, RefundLine
from contacts.rules.phones import normalise
from contacts.services.order_booking import book_orders
from contacts.services.order_refunds import book_refunds
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.segments.days import business_day
from scrm.wecom.maxima import BILL_SPAN

log = logging.getLogger(__name__)

SOURCE = "wecom"
_FIRST = timedelta(days=365)
_GAP = timedelta(minutes=10)
# WeCom may list a payment a little after it was made; refunds of the month are looked for daily.
_OVERLAP, _DAILY = timedelta(minutes=10), timedelta(days=30)
_WITHOUT_PERMISSION = timedelta(days=1)
_REFUND_DONE = 2
_SECOND = timedelta(seconds=1)


def pull_bills(*, clock: Callable[[], datetime], until: datetime) -> int:
    """Read what is due, a month at a time, until a moment; answers how many orders are new.

    Every month is one transaction with the place behind it. What WeCom refuses is kept for the
    page; nothing is raised for it.
    """
    pull, _ = BillPull.objects.get_or_create(pk=1)
    now = clock()
    if not pull.is_on or (pull.next_at is not None and pull.next_at > now):
        return 0
    start, new = _start(pull, now=now), 0
    while clock() < until:
        now = clock()
        end = min(start + BILL_SPAN - _SECOND, now)
        try:
            bills = list(wecom.get_gateway().bills(start=start, end=end))
        except wecom.WeComError as error:
            _note_refusal(error, now=now)
            return new
        is_last = end >= now
        new += _take(bills, read_to=end, now=now, next_at=now + _GAP if is_last else None)
        if is_last:
            break
        start = end + _SECOND
    return new


def switch_pull(*, is_on: bool, operator: Operator, now: datetime) -> BillPull:
    """Have payments pulled, beginning with the next tick, or not any more."""
    with transaction.atomic():
        pull, _ = BillPull.objects.update_or_create(
            pk=1, defaults={"is_on": is_on, "next_at": None, "problem": ""}
        )
        record_act(
            action="order.bills_on" if is_on else "order.bills_off",
            operator=operator,
            now=now,
            subject=pull,
        )
    return pull


def _start(pull: BillPull, *, now: datetime) -> datetime:
    if pull.read_to is None:
        return (now - _FIRST).replace(microsecond=0)
    is_new_day = pull.asked_at is None or business_day(pull.asked_at) != business_day(now)
    back = _DAILY if is_new_day and pull.read_to > now - _DAILY else _OVERLAP
    return (pull.read_to - back).replace(microsecond=0)


@transaction.atomic
def _take(
    bills: Sequence[wecom.Bill], *, read_to: datetime, now: datetime, next_at: datetime | None
) -> int:
    booked = book_orders(
        lines=_payments(bills), source=SOURCE, now=now, origin=OrderEntry.Origin.API
    )
    returned = book_refunds(
        lines=_refunds(bills), source=SOURCE, now=now, origin=OrderEntry.Origin.API
    )
    for problem in returned.refused:
        log.warning("a refund of WeCom is not booked: %s %s", problem.fault, problem.value)
    pull = BillPull.objects.select_for_update().get(pk=1)
    pull.read_to = max(read_to, pull.read_to or read_to)
    pull.asked_at, pull.next_at, pull.problem = now, next_at, ""
    pull.payments += booked.new
    pull.refunds += returned.new
    pull.save()
    return booked.new


def _payments(bills: Sequence[wecom.Bill]) -> Iterator[OrderLine]:
    """A line for each of the goods; the total stands on each."""
    for number, bill in enumerate(bills, start=1):
        if bill.is_refund or not bill.out_trade_no:
            continue
        for goods in dict.fromkeys(bill.goods) or ("",):
            yield OrderLine(
                line=number,
                order_id=bill.out_trade_no,
                buyer_ref=bill.external_userid,
                unionid="",
                phone=normalise(bill.contact_phone),
                paid_at=bill.paid_at,
                paid_on=business_day(bill.paid_at),
                amount_fen=bill.total_fen,
                # Refunds come with numbers of their own.
                refunded_fen=None,
                sku=goods[:128],
                product=goods[:256],
                quantity=1,
            )


def _refunds(bills: Sequence[wecom.Bill]) -> list[RefundLine]:
    """Each refund once: WeCom tells it within its payment and as a bill of its own."""
    found: dict[str, RefundLine] = {}
    for number, bill in enumerate(bills, start=1):
        if bill.is_refund:
            told = [(bill.out_refund_no, bill.total_fen, bill.paid_at)]
        else:
            told = [
                (refund.out_refund_no, refund.amount_fen, refund.asked_at)
                for refund in bill.refunds
                if refund.status == _REFUND_DONE
            ]
        for refund_id, fen, at in told:
            if refund_id and fen > 0 and (refund_id not in found or bill.is_refund):
                found[refund_id] = RefundLine(number, bill.out_trade_no, refund_id, fen, at)
    return list(found.values())


def _note_refusal(error: wecom.WeComError, *, now: datetime) -> None:
    log.warning("WeCom's payments wait: %s", error)
    wait = _WITHOUT_PERMISSION if isinstance(error, wecom.Misconfigured) else _GAP
    BillPull.objects.filter(pk=1).update(
        problem=str(error.advice)[:500], asked_at=now, next_at=now + wait
    )
