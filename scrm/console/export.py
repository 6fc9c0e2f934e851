"""CSV downloads: streamed row by row, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header

# Spreadsheets skip these before a formula.
_BLANKS = " \u00a0\u3000\ufeff\0"
# A cell that begins with one of these is run as a formula by spreadsheets.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def safe_cell(value: Any) -> Any:
    """Text that a spreadsheet would run gets an apostrophe before it; numbers stay numbers."""
    if isinstance(value, Promise):
        value = str(value)
    if isinstance(value, str) and value.lstrip(_BLANKS).startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def csv_response(
    filename: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A download that never holds more than a row in memory."""
    lines = _lines(header, rows)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = _attachment(filename)
    response.headers["Cache-Control"] = "no-store"
    return response


def csv_file(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """The same as a file that travels."""
    return "".join(_lines(header, rows)).encode()


def _lines(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """With a BOM for Excel's sake."""
    writer = csv.writer(_Echo())
    yield "\ufeff"
    yield writer.writerow([safe_cell(str(name)) for name in header])
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])


def _attachment(filename: str) -> str:
    """The header that makes a browser save a file: a plain name, whatever was asked for."""
    plain = re.sub(r"[^\w.-]+", "_", filename).lstrip(".")
    return content_disposition_header(as_attachment=True, filename=plain) or "attachment"
