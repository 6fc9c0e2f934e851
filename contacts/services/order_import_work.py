"""Carry an import of an order file on (订单导入): read, put together, try, write; each in chunks.

A chunk is one transaction with the place behind it, so a killed worker's is simply done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import connection, transaction
from django.utils.translation import gettext as _

from contacts.models import OrderEntry, OrderImport, OrderImportFault
from contacts.rules.order_lines import OrderLine, Problem
from contacts.selectors.order_formats import layout_of
from contacts.services import order_import_sql as sql
from contacts.services.bulk import Incoming
from contacts.services.order_booking import Booked, book_orders
from contacts.services.order_error_file import write_error_file
from contacts.services.order_faults import InvalidOrderFile
from contacts.services.order_file import OrderFile, Told, content_digest
from contacts.services.order_uploads import path_of

_AT_ONCE = 5_000  # lines read, or orders booked, in one transaction
_VALUE = 200

State, Step = OrderImport.State, OrderImport.Step

_READ_LINES = Incoming(
    "read_order_line",
    {
        "line": "int",
        "external_id": "text",
        "digest": "text",
        "buyer_ref": "text",
        "buyer_unionid": "text",
        "buyer_phone": "text",
        "paid_at": "timestamptz",
        "paid_on": "date",
        "amount_fen": "bigint",
        "refunded_fen": "bigint",
        "sku": "text",
        "product": "text",
        "quantity": "int",
        "item_fen": "bigint",
    },
)
# As `OrderLine` takes them.
_KEPT = (
    *("line", "external_id", "buyer_ref", "buyer_unionid", "buyer_phone", "paid_at", "paid_on"),
    *("amount_fen", "refunded_fen", "sku", "product", "quantity", "item_fen"),
)


class _Lost(Exception):
    """Somebody else is at it, or it was stopped: this chunk is not kept."""


@dataclass(frozen=True)
class _Turn:
    """How long a worker has, and how much it takes at once."""

    clock: Callable[[], datetime]
    until: datetime
    at_once: int
    on_move: Callable[[OrderImport], None] | None = None

    @property
    def is_on(self) -> bool:
        return self.clock() < self.until

    def tell(self, imported: OrderImport) -> None:
        if self.on_move:
            self.on_move(imported)


def work_order_import(
    *,
    imported_id: int,
    clock: Callable[[], datetime],
    until: datetime,
    at_once: int = _AT_ONCE,
    on_move: Callable[[OrderImport], None] | None = None,
) -> bool:
    """Carry an import on until `until`; True when there is more to do.

    `on_move` hears of the row after each chunk.

    A file that cannot be read ends it as failed; nothing is raised for that.
    """
    turn = _Turn(clock, until, at_once, on_move)
    while turn.is_on:
        live = OrderImport.objects.filter(pk=imported_id, state__in=OrderImport.WORKING)
        imported = live.first()
        if imported is None:
            return False
        try:
            _STEPS[Step(imported.step)](imported, turn)
        except _Lost:
            return False
        except InvalidOrderFile as error:
            _fail(imported, str(error), now=clock())
            return False
    return True


def _read(imported: OrderImport, turn: _Turn) -> None:
    """Take the file's lines into the database, chunk by chunk."""
    if imported.lines_read == 0:
        with _alone(imported):
            imported.lines.all().delete()
            imported.faults.all().delete()
    share = [imported.read_share]

    def note(done: int, total: int) -> None:
        share[0] = min(1000, done * 1000 // max(total, 1))

    file = OrderFile(path_of(imported), layout=layout_of(imported))
    file.table.on_progress = note
    told = file.told(skip=imported.lines_read)
    while turn.is_on:
        left_out = file.left_out
        chunk = list(islice(told, turn.at_once))
        with _alone(imported):
            refused = _keep_chunk(imported, file, chunk)
            _move(
                imported,
                lines_read=file.lines_read,
                left_out=imported.left_out + file.left_out - left_out,
                refused=imported.refused + refused,
                read_share=share[0],
                handed_at=turn.clock(),
                step=Step.READ if len(chunk) == turn.at_once else Step.SETTLE,
            )
        turn.tell(imported)
        if imported.step != Step.READ:
            return


def _keep_chunk(
    imported: OrderImport, file: OrderFile, chunk: list[tuple[int, Sequence[str], Told]]
) -> int:
    _READ_LINES.fill(_cells(chunk))
    faults = [
        OrderImportFault(
            imported=imported,
            line=number,
            external_id=_clean(file.order_id(cells))[:160],
            problems=[_as_json(problem) for problem in told],
        )
        for number, cells, told in chunk
        if isinstance(told, list)
    ]
    OrderImportFault.objects.bulk_create(faults, batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute(sql.KEEP_LINES, {"imported": imported.pk})
    return len(faults)


def _cells(chunk: list[tuple[int, Sequence[str], Told]]) -> Iterator[tuple[object, ...]]:
    for _number, _row, line in chunk:
        if isinstance(line, OrderLine):
            yield (
                line.line,
                line.order_id,
                "" if line.order_id else content_digest(line),
                line.buyer_ref,
                line.unionid,
                line.phone,
                line.paid_at,
                line.paid_on,
                line.amount_fen,
                line.refunded_fen,
                line.sku,
                line.product,
                line.quantity,
                line.item_fen,
            )


def _settle(imported: OrderImport, turn: _Turn) -> None:
    """Number what has no number, add up, and refuse what does not fit together."""
    layout = layout_of(imported)
    told = {
        "imported": imported.pk,
        "amount_per_line": layout is not None and layout.amount_per_line,
        "refund_per_line": layout is not None and layout.refund_per_line,
    }
    with _alone(imported), connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_orderimportline")
        cursor.execute(sql.NUMBER, told)
        if layout is not None and layout.adds_up:
            cursor.execute(sql.ADD_UP, told)
        cursor.execute(sql.REFUSE_CONTRADICTIONS, told)
        cursor.execute(sql.REFUSE_OVER, told)
        _drop_refused(imported)
        cursor.execute(sql.COUNTS, told)
        orders, refused = cursor.fetchone() or (0, 0)
        _move(
            imported,
            step=Step.TRY,
            orders=orders,
            refused=refused,
            read_share=1000,
            handed_at=turn.clock(),
        )


def _try(imported: OrderImport, turn: _Turn) -> None:
    """Book chunk after chunk and keep nothing of it but the counts."""
    while turn.is_on:
        now = turn.clock()
        with _alone(imported):
            numbers = _next_orders(imported, turn)
            try:
                booked = _book(imported, numbers, now=now, is_trial=True)
            except InvalidOrderFile as error:
                _refuse_tried(imported, error.problems, now=now)
                continue
            _count(imported, booked, numbers, now=now, into="report")
        turn.tell(imported)
        if imported.orders_done >= imported.orders or not numbers:
            break
    else:
        return
    write_error_file(imported)
    with _alone(imported):
        _move(imported, state=State.CHECKED, step=Step.NONE, handed_at=None)


def _write(imported: OrderImport, turn: _Turn) -> None:
    """Book chunk after chunk; the last one also learns the lifecycle's thresholds."""
    while imported.is_working and turn.is_on:
        now = turn.clock()
        with _alone(imported):
            numbers = _next_orders(imported, turn)
            is_last = imported.orders_done + len(numbers) >= imported.orders
            try:
                booked = _book(imported, numbers, now=now, learns=is_last)
            except InvalidOrderFile as error:
                # The ledger has changed since the trial.
                raise InvalidOrderFile(
                    _("The import stopped here; the orders before are in. Check the file again."),
                    error.problems,
                    error.total,
                ) from error
            _count(imported, booked, numbers, now=now, into="result")
            if is_last or not numbers:
                _move(imported, state=State.DONE, step=Step.NONE, finished_at=now)
        turn.tell(imported)


_STEPS: dict[OrderImport.Step, Callable[[OrderImport, _Turn], None]] = {
    Step.READ: _read,
    Step.SETTLE: _settle,
    Step.TRY: _try,
    Step.WRITE: _write,
}


def _next_orders(imported: OrderImport, turn: _Turn) -> list[str]:
    numbers = (
        imported.lines.filter(external_id__gt=imported.at_order)
        .order_by("external_id")
        .values_list("external_id", flat=True)
        .distinct()
    )
    return list(numbers[: turn.at_once])


def _book(
    imported: OrderImport,
    numbers: list[str],
    *,
    now: datetime,
    is_trial: bool = False,
    learns: bool = False,
) -> Booked | None:
    if not numbers:
        return None
    kept = imported.lines.filter(
        external_id__gt=imported.at_order, external_id__lte=numbers[-1]
    ).order_by("line")
    return book_orders(
        # A list: while they are copied in, this connection can be asked nothing else.
        lines=[OrderLine(*row) for row in kept.values_list(*_KEPT)],
        source=imported.source,
        now=now,
        origin=OrderEntry.Origin.FILE,
        learns=learns,
        dry_run=is_trial,
    )


def _count(
    imported: OrderImport,
    booked: Booked | None,
    numbers: list[str],
    *,
    now: datetime,
    into: str,
) -> None:
    sums = dict(getattr(imported, into))
    if booked is not None:
        for name in ("orders", "new", "changed", "matched", "revenue_fen", "refunded_fen"):
            sums[name] = sums.get(name, 0) + getattr(booked, name)
    _move(
        imported,
        **{into: sums},
        orders_done=imported.orders_done + len(numbers),
        at_order=numbers[-1] if numbers else imported.at_order,
        handed_at=now,
    )


def _refuse_tried(imported: OrderImport, problems: list[Problem], *, now: datetime) -> None:
    """Set aside the orders that the ledger would not take, with all their lines."""
    before = imported.orders
    with connection.cursor() as cursor:
        cursor.execute(
            sql.REFUSE_NAMED,
            {
                "imported": imported.pk,
                "lines": [problem.line for problem in problems],
                "columns": [problem.column for problem in problems],
                "values": [_clean(problem.value) for problem in problems],
                "faults": [problem.fault.value for problem in problems],
            },
        )
        _drop_refused(imported)
        cursor.execute(sql.COUNTS, {"imported": imported.pk})
        orders, refused = cursor.fetchone() or (0, 0)
    if orders == before:
        raise InvalidOrderFile("", problems, len(problems))
    _move(imported, orders=orders, refused=refused, handed_at=now)


def _drop_refused(imported: OrderImport) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.REFUSE_SIBLINGS, {"imported": imported.pk})
        cursor.execute(sql.DROP_REFUSED, {"imported": imported.pk})


@contextmanager
def _alone(imported: OrderImport) -> Iterator[None]:
    """One transaction that no other worker of this import has at the same time.

    A lock of the transaction, not of the row: who wants to stop the import need not wait.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"contacts.order_import:{imported.pk}"],
            )
            (is_ours,) = cursor.fetchone() or (False,)
        if not is_ours:
            raise _Lost
        yield


def _move(imported: OrderImport, **values: object) -> None:
    """Write the row's new place, unless it is no longer where this chunk began."""
    unmoved = OrderImport.objects.filter(
        pk=imported.pk,
        state=imported.state,
        step=imported.step,
        lines_read=imported.lines_read,
        at_order=imported.at_order,
        orders_done=imported.orders_done,
    )
    if not unmoved.update(**values):
        raise _Lost
    for name, value in values.items():
        setattr(imported, name, value)


def _fail(imported: OrderImport, problem: str, *, now: datetime) -> None:
    OrderImport.objects.filter(pk=imported.pk, state__in=OrderImport.WORKING).update(
        state=State.FAILED, step=Step.NONE, problem=problem, finished_at=now
    )


def _as_json(problem: Problem) -> dict[str, str]:
    return {
        "column": problem.column,
        "value": _clean(problem.value)[:_VALUE],
        "fault": problem.fault.value,
    }


def _clean(text: str) -> str:
    return text.replace("\0", "")
