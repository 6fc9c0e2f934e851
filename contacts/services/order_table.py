"""The rows of a table file (订单文件), whatever it is packed in: CSV, plain, .gz or .zip, or Excel."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import shutil
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, cast

from django.utils.translation import gettext
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from contacts.services.order_faults import InvalidOrderFile

Progress = Callable[[int, int], None]  # (done, in all), in bytes or rows
Row = tuple[int, list[str]]  # the number of its line, its cells
# What is read, and the file below it, whose place tells how far we are.
Opened = tuple[IO[bytes], IO[bytes]]

# A packed file may not grow beyond this.
UNPACKED_LIMIT = 8 * 1024**3
# Excel keeps its texts apart, and they have to be in memory.
_EXCEL_LIMIT = 2 * 1024**3
_EXCEL_TEXTS_LIMIT = 300 * 1024**2
_BLOCK = 1 << 20
_EVERY = 2_000  # rows between two words of progress
_LONGEST_HEADING = 1 << 16
# Excel keeps 15 digits; what is longer it has rounded already.
_EXACT = 10**15
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class UnreadableRow(Exception):
    """One row that is no CSV; the rows after it can be read."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class OrderTable:
    """The rows of one file; `rows` may be called again and again. Raises InvalidOrderFile.

    The encoding is told by the whole text, for who only `peeks` by its beginning.
    """

    def __init__(
        self, path: Path, *, on_progress: Progress | None = None, peeks: bool = False
    ) -> None:
        self.path = path
        self.on_progress = on_progress
        self.peeks = peeks
        self._encoding = ""

    def rows(self) -> Iterator[Row | UnreadableRow]:
        """Every row that holds something, the heading first."""
        try:
            with self.path.open("rb") as raw:
                start = raw.read(4)
            if start == _OLE:
                raise InvalidOrderFile(
                    gettext(
                        "This is an old or protected Excel file. Save it as .xlsx without a "
                        "password, or as CSV."
                    )
                )
            if start == _ZIP:
                yield from self._zipped_rows()
            else:
                yield from self._csv_rows(self._packed if start[:2] == _GZIP else self._plain)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
            # The path tells where we keep it, which is nobody's business.
            why = getattr(error, "strerror", None) or str(error)
            raise InvalidOrderFile(
                gettext("The file cannot be read: %(error)s") % {"error": why}
            ) from error

    def _plain(self, stack: ExitStack) -> Opened:
        raw = stack.enter_context(self.path.open("rb"))
        return raw, raw

    def _packed(self, stack: ExitStack) -> Opened:
        raw = stack.enter_context(self.path.open("rb"))
        packed = gzip.GzipFile(fileobj=raw)
        stack.callback(packed.close)
        return cast("IO[bytes]", packed), raw

    def _zipped_rows(self) -> Iterator[Row | UnreadableRow]:
        with self.path.open("rb") as raw, zipfile.ZipFile(raw) as archive:
            if "xl/workbook.xml" in archive.namelist():
                yield from self._excel_rows(raw, archive)
                return
            inside = _only_table(archive)
            if not inside.filename.lower().endswith(".xlsx"):
                yield from self._csv_rows(
                    lambda stack: (stack.enter_context(archive.open(inside)), raw)
                )
                return
            with tempfile.TemporaryFile() as unpacked:
                with archive.open(inside) as packed:
                    shutil.copyfileobj(packed, unpacked, _BLOCK)
                with zipfile.ZipFile(unpacked) as workbook:
                    yield from self._excel_rows(unpacked, workbook)

    def _csv_rows(self, opened: Callable[[ExitStack], Opened]) -> Iterator[Row | UnreadableRow]:
        total = self.path.stat().st_size
        self._encoding = self._encoding or _encoding(
            opened, _BLOCK if self.peeks else UNPACKED_LIMIT
        )
        with ExitStack() as stack:
            binary, raw = opened(stack)
            text = stack.enter_context(
                io.TextIOWrapper(
                    io.BufferedReader(_raw(binary), _BLOCK), self._encoding, newline=""
                )
            )
            delimiter = _delimiter(text.readline(_LONGEST_HEADING))
            text.seek(0)
            reader = csv.reader(text, delimiter=delimiter)
            while True:
                try:
                    row = next(reader)
                except StopIteration:
                    break
                except csv.Error as error:
                    yield UnreadableRow(reader.line_num, str(error))
                    continue
                if self.on_progress and reader.line_num % _EVERY == 0:
                    self.on_progress(min(raw.tell(), total), total)
                if any(row):
                    yield reader.line_num, row
        if self.on_progress:
            self.on_progress(total, total)

    def _excel_rows(self, raw: IO[bytes], archive: zipfile.ZipFile) -> Iterator[Row]:
        _refuse_giant(archive)
        raw.seek(0)
        with _workbook(raw) as book:
            sheet = book.worksheets[0]
            total = sheet.max_row or 1
            sheet.reset_dimensions()  # some shops write wrong ones
            for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                if self.on_progress and number % _EVERY == 0:
                    self.on_progress(min(number, total), total)
                row = [_excel_cell(value) for value in cells]
                if any(row):
                    yield number, row
        if self.on_progress:
            self.on_progress(total, total)


@contextmanager
def _workbook(raw: IO[bytes]) -> Iterator[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # shops leave styles out
            book = load_workbook(raw, read_only=True, data_only=True, keep_links=False)
        with closing(book):
            yield book
    except (InvalidFileException, KeyError, ValueError, SyntaxError) as error:
        raise InvalidOrderFile(
            gettext("The file cannot be read: %(error)s") % {"error": error}
        ) from error


def _only_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    tables = [
        info
        for info in archive.infolist()
        if info.filename.lower().endswith((".csv", ".txt", ".xlsx"))
        and not info.filename.startswith("__MACOSX/")
    ]
    if len(tables) != 1:
        raise InvalidOrderFile(
            gettext("The archive must hold exactly one CSV or Excel file; it holds %(number)s.")
            % {"number": len(tables)}
        )
    if tables[0].flag_bits & 1:
        raise InvalidOrderFile(
            gettext("The archive has a password. Unpack it, and give the file that is inside.")
        )
    if tables[0].file_size > UNPACKED_LIMIT:
        raise _too_large()
    return tables[0]


def _refuse_giant(archive: zipfile.ZipFile) -> None:
    sizes = {info.filename: info.file_size for info in archive.infolist()}
    if (
        sum(sizes.values()) > _EXCEL_LIMIT
        or sizes.get("xl/sharedStrings.xml", 0) > _EXCEL_TEXTS_LIMIT
    ):
        raise InvalidOrderFile(gettext("The Excel file is too large. Save it as CSV."))


def _too_large() -> InvalidOrderFile:
    return InvalidOrderFile(gettext("The file is too large when unpacked. Divide it."))


def _encoding(opened: Callable[[ExitStack], Opened], limit: int) -> str:
    """UTF-8 when the whole file is that; spreadsheets in China otherwise write GB18030."""
    with ExitStack() as stack:
        if opened(stack)[0].read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        size = 0
        try:
            with ExitStack() as stack:
                binary, _raw_file = opened(stack)
                while size < limit and (block := binary.read(_BLOCK)):
                    size += len(block)
                    decoder.decode(block)
                if size >= UNPACKED_LIMIT:
                    raise _too_large()
                decoder.decode(b"", final=size < limit)
        except UnicodeDecodeError:
            continue
        return encoding
    raise InvalidOrderFile(gettext("The file is not text in UTF-8 or GB18030."))


def _raw(binary: IO[bytes]) -> Any:
    """For BufferedReader, which takes everything that reads, whatever its type says."""
    return binary


def _delimiter(heading: str) -> str:
    """What divides the columns: a comma, unless the heading has more tabs or semicolons."""
    return max((",", "\t", ";"), key=heading.count)


def _excel_cell(value: object) -> str:
    """A cell as CSV would have it."""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _figure(value)
    return "" if value is None else str(value)


def _figure(value: float) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.6e}"  # refused where it should name an order
    # Money of a spreadsheet is a binary fraction: 0.1 + 0.2 is 0.30000000000000004.
    return f"{value:.6f}".rstrip("0").rstrip(".")
