"""Uploaded order files (订单文件): kept, looked into, checked, imported, put away."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import OrderImport, OrderImportFault, OrderMapping
from contacts.rules.order_formats import FORMATS, Layout, bind, recognise
from contacts.rules.order_formats.layout import FIELDS
from contacts.rules.order_formats.mapped import NAME
from contacts.rules.order_lines import OrderLine, Problem
from contacts.selectors.order_formats import fitting_mapping, layout_of
from contacts.services.order_file import OrderFile
from contacts.services.order_table import OrderTable
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.jobs import enqueue_on_commit

SIZE_LIMIT = 500 * 1024 * 1024
_LOOKED_AT = 20
_SAMPLES = 3
_CELL = 60
# A file nobody went on with, and the reasons of refused lines.
_ABANDONED, _FAULTS_KEPT = timedelta(hours=24), timedelta(days=30)
_SILENT = timedelta(minutes=2)

State, Step = OrderImport.State, OrderImport.Step


@dataclass(frozen=True)
class Glimpse:
    """The first lines of a file: as they stand, and as they will be understood.

    `missing` names the fields the layout does not find; then nothing is understood. `unused` are
    headings that tell nothing.
    """

    header: list[str]
    samples: list[list[str]]
    lines: list[tuple[int, OrderLine | list[Problem] | None]]
    missing: list[str]
    unused: list[str]


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "order-imports"


def path_of(imported: OrderImport) -> Path:
    """Where the file is kept."""
    return folder() / (imported.file_key or "gone")


def error_file_of(imported: OrderImport) -> Path:
    """Where the refused lines are kept for download; there is none without any."""
    return folder() / f"refused-{imported.pk}.csv"


def keep_upload(
    *,
    chunks: Iterable[bytes],
    name: str,
    source: str,
    operator: Operator | None,
    now: datetime,
) -> OrderImport:
    """Keep a file, and say how it will be read: as its headings tell, or as was saved for the
    source. Raises InvalidOrderFile when it is no table.
    """
    key = secrets.token_hex(16)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder() / key
    try:
        with path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        header = read_header(path)
        chosen = _guess(header, source)
        return OrderImport.objects.create(
            name=Path(name).name[-128:] or "–",
            source=source,
            file_key=key,
            size=path.stat().st_size,
            created_by=operator,
            created_at=now,
            **chosen,
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def keep_copy(*, path: Path, source: str, now: datetime, **chosen: Any) -> OrderImport:
    """Keep a copy of a file of this machine, read by `format` and `mapping` of `chosen`."""
    key = secrets.token_hex(16)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(path, folder() / key)
    return OrderImport.objects.create(
        name=path.name[-128:],
        source=source,
        file_key=key,
        size=path.stat().st_size,
        created_at=now,
        **chosen,
    )


def read_header(path: Path) -> list[str]:
    """The headings of a table file. Raises InvalidOrderFile."""
    first = next(OrderTable(path, peeks=True).rows(), None)
    return [name.replace("\0", "") for name in first[1]] if isinstance(first, tuple) else []


def glimpse(imported: OrderImport, layout: Layout | None) -> Glimpse:
    """Look into a kept file. Raises InvalidOrderFile when it cannot be read any more."""
    path = path_of(imported)
    table = OrderTable(path, peeks=True)
    rows = [row for row in islice(table.rows(), _SAMPLES + 1) if isinstance(row, tuple)]
    header = [name.replace("\0", "") for name in rows[0][1]] if rows else []
    samples = [[cell[:_CELL] for cell in cells] for _number, cells in rows[1:]]
    if layout is None:
        return Glimpse(header, samples, [], [], [])
    bound = bind(layout, header)
    if bound.missing:
        return Glimpse(header, samples, [], bound.missing, [])
    file = OrderFile(path, layout=layout)
    file.table.peeks = True
    told = islice(file.told(), _LOOKED_AT)
    unused = [name for place, name in enumerate(header) if place not in bound.used and name]
    return Glimpse(header, samples, [(number, line) for number, _cells, line in told], [], unused)


@transaction.atomic
def choose_format(
    *,
    imported_id: int,
    format_name: str,
    mapping: Mapping[str, Any] | None = None,
    save_as: str = "",
    operator: Operator | None,
    now: datetime,
) -> OrderImport:
    """Say how a file is read: a known format, or `mapping` (columns, amount_per_line, is_net).

    With a name the mapping is kept for further files of this source. Raises InvalidInput.
    """
    imported = _locked(imported_id, State.UPLOADED, State.CHECKED)
    if format_name == NAME:
        imported.mapping = _checked_mapping(mapping or {})
        if save_as.strip():
            OrderMapping.objects.update_or_create(
                source=imported.source,
                name=save_as.strip()[:64],
                defaults={**imported.mapping, "saved_by": operator, "saved_at": now},
            )
    elif format_name in FORMATS:
        imported.mapping = {}
    else:
        raise InvalidInput(_("There is no such format."), field="format")
    imported.format = format_name
    imported.state = State.UPLOADED
    imported.save(update_fields=["format", "mapping", "state"])
    return imported


@transaction.atomic
def start_check(
    *, imported_id: int, operator: Operator | None, now: datetime, hands_out: bool = True
) -> OrderImport:
    """Have the whole file read and every order tried; nothing is written to the orders.

    Raises InvalidInput when nobody said how it is read or columns are missing.
    """
    imported = _locked(imported_id, State.UPLOADED, State.CHECKED)
    layout = layout_of(imported)
    if layout is None:
        raise InvalidInput(_("Say first how the file is read."), field="format")
    missing = bind(layout, read_header(path_of(imported))).missing
    if missing:
        raise InvalidInput(
            _("The file lacks columns: %(missing)s.") % {"missing": ", ".join(missing)},
            field="format",
        )
    OrderImport.objects.filter(pk=imported.pk).update(
        state=State.CHECKING,
        step=Step.READ,
        handed_at=now,
        lines_read=0,
        left_out=0,
        refused=0,
        read_share=0,
        orders=0,
        orders_done=0,
        at_order="",
        report={},
        result={},
        problem="",
    )
    if hands_out:
        enqueue_on_commit("contacts.run_order_import", imported_id=imported.pk)
    imported.refresh_from_db()
    return imported


@transaction.atomic
def start_import(
    *,
    imported_id: int,
    takes_good: bool,
    operator: Operator | None,
    now: datetime,
    hands_out: bool = True,
) -> OrderImport:
    """Import what was checked. Lines that were refused stop it, unless `takes_good` says that the
    others are wanted all the same. Raises InvalidInput.
    """
    imported = _locked(imported_id, State.CHECKED)
    if not imported.orders:
        raise InvalidInput(_("There is no order to import."), field="state")
    if imported.refused and not takes_good:
        raise InvalidInput(
            ngettext(
                "%(number)s line is refused, so nothing is imported. Correct the file, or choose "
                "to take the good lines.",
                "%(number)s lines are refused, so nothing is imported. Correct the file, or choose "
                "to take the good lines.",
                imported.refused,
            )
            % {"number": imported.refused},
            field="takes_good",
        )
    OrderImport.objects.filter(pk=imported.pk).update(
        state=State.RUNNING,
        step=Step.WRITE,
        takes_good=takes_good,
        handed_at=now,
        orders_done=0,
        at_order="",
        result={},
    )
    record_act(
        action="order.import",
        operator=operator,
        now=now,
        subject=imported,
        details={"file": imported.name, "source": imported.source, "orders": imported.orders},
    )
    if hands_out:
        enqueue_on_commit("contacts.run_order_import", imported_id=imported.pk)
    imported.refresh_from_db()
    return imported


@transaction.atomic
def cancel_import(*, imported_id: int, operator: Operator | None, now: datetime) -> bool:
    """Put a file away, or stop its import; orders that are written stay. False when it was over."""
    live = OrderImport.objects.filter(pk=imported_id).exclude(state__in=OrderImport.OVER)
    stopped = live.update(state=State.CANCELLED, step=Step.NONE, finished_at=now)
    if stopped:
        imported = OrderImport.objects.get(pk=imported_id)
        record_act(
            action="order.import_cancel",
            operator=operator,
            now=now,
            subject=imported,
            details={"file": imported.name, "orders": imported.result.get("orders", 0)},
        )
    return bool(stopped)


def hand_out_due_order_imports(*, now: datetime) -> int:
    """Queue imports that nobody has carried on for a while."""
    silent = OrderImport.objects.filter(state__in=OrderImport.WORKING, handed_at__lte=now - _SILENT)
    ids = list(silent.values_list("pk", flat=True)[:100])
    OrderImport.objects.filter(pk__in=ids).update(handed_at=now)
    for imported_id in ids:
        enqueue_on_commit("contacts.run_order_import", imported_id=imported_id)
    return len(ids)


def put_away_imports(*, now: datetime) -> int:
    """Give up files nobody went on with for a day, remove files and lines of what is over, and
    reasons of refusals after a month. Answers how many files went.
    """
    OrderImport.objects.filter(
        state__in=[State.UPLOADED, State.CHECKED], created_at__lte=now - _ABANDONED
    ).update(state=State.CANCELLED, finished_at=now)
    over = list(OrderImport.objects.filter(state__in=OrderImport.OVER).exclude(file_key="")[:20])
    for imported in over:
        imported.lines.all().delete()
        path_of(imported).unlink(missing_ok=True)
        OrderImport.objects.filter(pk=imported.pk).update(file_key="")
    old = OrderImport.objects.filter(
        finished_at__lte=now - _FAULTS_KEPT, faults__isnull=False
    ).distinct()
    for imported in old[:20]:
        OrderImportFault.objects.filter(imported=imported).delete()
        error_file_of(imported).unlink(missing_ok=True)
    return len(over)


def _guess(header: list[str], source: str) -> dict[str, Any]:
    mapping = fitting_mapping(source, header)
    if mapping is not None:
        return {"format": NAME, "mapping": mapping.as_mapping()}
    layout = recognise(header)
    return {"format": layout.name if layout is not None else ""}


def _checked_mapping(mapping: Mapping[str, Any]) -> dict[str, Any]:
    columns = {
        name: str(column)
        for name, column in dict(mapping.get("columns") or {}).items()
        if name in FIELDS and column
    }
    return {
        "columns": columns,
        "amount_per_line": bool(mapping.get("amount_per_line")),
        "is_net": bool(mapping.get("is_net")),
    }


def _locked(imported_id: int, *states: OrderImport.State) -> OrderImport:
    imported = OrderImport.objects.select_for_update().get(pk=imported_id)
    if imported.state not in states:
        raise InvalidInput(_("This was done before; look at the result."), field="state")
    return imported
