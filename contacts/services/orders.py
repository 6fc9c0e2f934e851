"""Bring the shop's orders in from a file (订单导入), and give waiting ones to their customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contacts.models import OrderEntry, OrderImport
from contacts.rules.order_formats import Layout
from contacts.rules.order_lines import OrderLine
from contacts.selectors.order_imports import percent
from contacts.services import order_uploads
from contacts.services.order_booking import book_orders, match_by_signs
from contacts.services.order_error_file import refused_lines
from contacts.services.order_faults import InvalidOrderFile, refused
from contacts.services.order_file import OrderFile
from contacts.services.order_import_work import work_order_import
from contacts.services.order_table import Progress

# Somebody waits for it here, so it has its time.
_TURN = timedelta(days=1)


@dataclass(frozen=True)
class ImportReport:
    """What an import did. `lines` of the file make `orders`; of these `new`, `changed` and
    `unchanged` add up, and so do `matched` and `waiting`. Money is of the file's orders, in fen.
    `left_out` lines are of orders that were never paid, `refused` ones were wrong.
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
    left_out: int = 0
    refused: int = 0


def import_orders(
    *,
    path: Path,
    source: str,
    now: datetime,
    layout: Layout | None = None,
    dry_run: bool = False,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Take a file of orders in, all of it or nothing. Doing it again changes nothing.

    `layout` says how it is read, else its headings do; a file whose amounts have to be added up
    goes by `import_in_steps`. What becomes of each line says `book_orders`. A dry run answers the
    same report and writes nothing. Raises InvalidOrderFile.
    """
    file = OrderFile(path, layout=layout, on_progress=on_progress)
    booked = book_orders(
        lines=_good_lines(file),
        source=source,
        now=now,
        origin=OrderEntry.Origin.FILE,
        learns=True,
        dry_run=dry_run,
    )
    sums = {name: value for name, value in vars(booked).items() if isinstance(value, int)}
    return _report(sums, lines=file.lines_read, left_out=file.left_out)


def import_in_steps(
    *,
    path: Path,
    source: str,
    clock: Callable[[], datetime],
    chosen: Mapping[str, Any],
    takes_good: bool = False,
    dry_run: bool = False,
    on_progress: Progress | None = None,
) -> tuple[ImportReport, OrderImport]:
    """The same as the console does it: checked as a whole, then written in chunks, here and now.

    `chosen` is `format` and `mapping` of the import. With `takes_good` refused lines are left out
    instead of stopping it. Raises InvalidOrderFile.
    """
    imported = order_uploads.keep_copy(path=path, source=source, now=clock(), **chosen)
    acting: dict[str, Any] = {"operator": None, "hands_out": False}
    order_uploads.start_check(imported_id=imported.pk, now=clock(), **acting)
    _carry_on(imported, clock, on_progress)
    if imported.refused and not takes_good:
        order_uploads.cancel_import(imported_id=imported.pk, operator=None, now=clock())
        problems = [problem for line in refused_lines(imported)[:20] for problem in line]
        raise refused(problems, imported.refused)
    if dry_run or not imported.orders:
        order_uploads.cancel_import(imported_id=imported.pk, operator=None, now=clock())
        return report_of(imported, imported.report), imported
    order_uploads.start_import(
        imported_id=imported.pk, takes_good=takes_good, now=clock(), **acting
    )
    _carry_on(imported, clock, on_progress)
    return report_of(imported, imported.result), imported


def report_of(imported: OrderImport, sums: Mapping[str, int]) -> ImportReport:
    """The sums of a trial or an import as a report."""
    return _report(
        sums, lines=imported.lines_read, left_out=imported.left_out, refused=imported.refused
    )


def match_waiting_orders(*, now: datetime, contact_ids: Sequence[int] | None = None) -> list[int]:
    """Give orders that wait for their buyer to these customers (None: to all).

    By external_userid, then unionid, then phone, then the shop's customer number when it is one
    of the first two; each order keeps by which. Answers the customers that got orders; facts and
    stages are the caller's to refresh.
    """
    return match_by_signs("contacts_order", now=now, contact_ids=contact_ids)


def _carry_on(
    imported: OrderImport, clock: Callable[[], datetime], on_progress: Progress | None
) -> None:
    def tell(row: OrderImport) -> None:
        if on_progress:
            on_progress(percent(row), 100)

    work_order_import(imported_id=imported.pk, clock=clock, until=clock() + _TURN, on_move=tell)
    imported.refresh_from_db()
    if imported.state == OrderImport.State.FAILED:
        raise InvalidOrderFile(imported.problem)


def _good_lines(file: OrderFile) -> Iterator[OrderLine]:
    """The lines, unless one of them is bad: then InvalidOrderFile after the last."""
    yield from file.lines()
    if file.problem_count:
        raise refused(file.problems, file.problem_count)


def _report(sums: Mapping[str, int], **lines: int) -> ImportReport:
    told = {name: sums.get(name, 0) for name in ("orders", "new", "changed", "matched")}
    return ImportReport(
        **told,
        unchanged=told["orders"] - told["new"] - told["changed"],
        waiting=told["orders"] - told["matched"],
        revenue_fen=sums.get("revenue_fen", 0),
        refunded_fen=sums.get("refunded_fen", 0),
        **lines,
    )
