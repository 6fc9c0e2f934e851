"""The refused lines of an order file (错误文件), each with its reasons, to be mended and given again."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.utils.translation import gettext as _

from contacts.models import OrderImport, OrderImportFault
from contacts.rules.order_lines import Fault, Problem
from contacts.selectors.order_formats import field_label
from contacts.services.order_faults import WORDS
from contacts.services.order_table import OrderTable, UnreadableRow
from contacts.services.order_uploads import error_file_of, path_of
from scrm.console.export import safe_cell


def write_error_file(imported: OrderImport) -> None:
    """Write it anew from the kept file; without refused lines there is none."""
    path = error_file_of(imported)
    if not imported.refused:
        path.unlink(missing_ok=True)
        return
    unfinished = path.with_suffix(".part")
    # A BOM for Excel's sake.
    with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for row in _rows(imported):
            writer.writerow([safe_cell(cell) for cell in row])
    unfinished.replace(path)


def refused_lines(imported: OrderImport, *, limit: int = 20) -> list[list[Problem]]:
    """The reasons of the first refused lines, line by line."""
    return [_problems(fault) for fault in imported.faults.order_by("line")[:limit]]


def _problems(fault: OrderImportFault) -> list[Problem]:
    """Kept reasons; one of a later version is left out."""
    known = {known.value for known in Fault}
    return [
        Problem(fault.line, told["column"], told["value"], Fault(told["fault"]))
        for told in fault.problems
        if told["fault"] in known
    ]


def _rows(imported: OrderImport) -> Iterator[list[str]]:
    rows = OrderTable(path_of(imported)).rows()
    first = next(rows, None)
    header = first[1] if isinstance(first, tuple) else []
    yield [*header, _("Line"), _("Reason")]
    wanted = imported.faults.order_by("line").iterator(chunk_size=2_000)
    fault = next(wanted, None)
    for row in rows:
        number, cells = (row.line, []) if isinstance(row, UnreadableRow) else row
        while fault is not None and fault.line < number:
            fault = next(wanted, None)
        if fault is None:
            return
        if fault.line == number:
            padded = [*cells, *[""] * (len(header) - len(cells))]
            yield [*padded, str(number), _reasons(fault)]


def _reasons(fault: OrderImportFault) -> str:
    return " ".join(
        f"{field_label(problem.column)} “{problem.value[:60]}” {_(WORDS[problem.fault])}"
        for problem in _problems(fault)
    )
