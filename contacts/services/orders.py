"""Bring the shop's orders in from a file (订单导入), and give waiting ones to their customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contacts.models import OrderEntry
from contacts.rules.order_lines import OrderLine
from contacts.services.order_booking import book_orders, match_by_signs
from contacts.services.order_faults import refused
from contacts.services.order_file import OrderFile, Progress


@dataclass(frozen=True)
class ImportReport:
    """What an import did. `lines` of the file make `orders`; of these `new`, `changed` and
    `unchanged` add up, and so do `matched` and `waiting`. Money is of the file's orders, in fen.
    """

    lines: int
    orders: int
    new: int
    changed: int
    unchanged: int
    matched: int
    waiting: int
    revenue_fen: int
    refunded_fen: int


def import_orders(
    *,
    path: Path,
    source: str,
    now: datetime,
    dry_run: bool = False,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Take a file of orders in, all of it or nothing. Doing it again changes nothing.

    What becomes of each line says `book_orders`. A dry run answers the same report and writes
    nothing. Raises InvalidOrderFile.
    """
    file = OrderFile(path, on_progress=on_progress)
    booked = book_orders(
        lines=_good_lines(file),
        source=source,
        now=now,
        origin=OrderEntry.Origin.FILE,
        learns=True,
        dry_run=dry_run,
    )
    return ImportReport(
        lines=file.lines_read,
        orders=booked.orders,
        new=booked.new,
        changed=booked.changed,
        unchanged=booked.orders - booked.new - booked.changed,
        matched=booked.matched,
        waiting=booked.orders - booked.matched,
        revenue_fen=booked.revenue_fen,
        refunded_fen=booked.refunded_fen,
    )


def match_waiting_orders(*, now: datetime, contact_ids: Sequence[int] | None = None) -> list[int]:
    """Give orders that wait for their buyer to these customers (None: to all).

    By external_userid, then unionid, then phone, then the shop's customer number when it is one
    of the first two; each order keeps by which. Answers the customers that got orders; facts and
    stages are the caller's to refresh.
    """
    return match_by_signs("contacts_order", now=now, contact_ids=contact_ids)


def _good_lines(file: OrderFile) -> Iterator[OrderLine]:
    """The lines, unless one of them is bad: then InvalidOrderFile after the last."""
    yield from file.lines()
    if file.problem_count:
        raise refused(file.problems, file.problem_count)
