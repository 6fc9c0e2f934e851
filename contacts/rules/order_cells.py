"""What stands in a cell of an order file (单元格): shops guard and decorate their values."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from contacts.rules.order_lines import Fault

_AMOUNT = re.compile(r"(-?)[¥￥]?(\d{1,12})(?:\.(\d+))?")
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SLASHED = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?: +(\d{1,2}):(\d\d)(?::(\d\d))?)?")
_SIGNS = re.compile(r"^(?:rmb|cny|cn¥|[¥￥])\s*|\s*(?:元|圆|rmb|cny)$", re.IGNORECASE)
_TRAILING_ZEROS = re.compile(r"(\.\d\d)0+$")
_QUANTITY = re.compile(r"([1-9]\d{0,6})(?:\.0+)?")
_PHONE = re.compile(r"[\d\s()+./*-]+")
# What a spreadsheet makes of a long number that it took for a figure.
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
# "(2件)" behind the name of the goods.
_PIECES = re.compile(r"[(（](\d{1,5})件[)）]$")
_NOTHING = frozenset({"-", "--", "—", "——", "无", "null", "NULL", "None", "nan"})
_EARLIEST, _LATEST = 1990, 2100


def bare(text: str) -> str:
    """A cell without what keeps spreadsheets from rounding it: ="123", '123, tabs around it."""
    text = text.strip()
    if text.startswith("'"):
        text = text[1:].strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    return text


def told(text: str) -> str:
    """A cell of a shop: bare, and "" for the dashes and words that say nothing."""
    text = bare(text)
    return "" if text in _NOTHING else text


def is_rounded(number: str) -> bool:
    """Whether a spreadsheet has rounded this order number: 4.35E+17 names no order any more."""
    return _ROUNDED.fullmatch(number) is not None


def plain_money(text: str) -> str:
    """Yuan without currency, thousands separators and needless zeros."""
    text = _SIGNS.sub("", text)
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    return _TRAILING_ZEROS.sub(r"\1", text)


def money(text: str) -> int | Fault:
    """Yuan as written → fen, exactly."""
    if not text:
        return Fault.MISSING
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return Fault.NOT_AN_AMOUNT
    minus, yuan, decimals = match.groups()
    if decimals and len(decimals) > 2:
        return Fault.TOO_MANY_DECIMALS
    fen = int(Decimal(f"{yuan}.{decimals or 0}") * 100)
    return Fault.NEGATIVE if minus and fen else fen


def fen(text: str) -> int | Fault:
    """Whole fen as written."""
    if not text:
        return Fault.MISSING
    if not re.fullmatch(r"-?\d{1,14}", text):
        return Fault.NOT_AN_AMOUNT
    amount = int(text)
    return Fault.NEGATIVE if amount < 0 else amount


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """An ISO date or time, or 2026/3/10 9:05 as spreadsheets write it; None for anything else."""
    try:
        moment: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        moment = _slashed(text)
    if moment is None or not _EARLIEST <= moment.year <= _LATEST:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def moment_of_seconds(text: str) -> datetime | None:
    """Seconds since 1970, as WeCom writes moments."""
    if not re.fullmatch(r"\d{9,10}", text):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def quantity(text: str) -> int | Fault:
    match = _QUANTITY.fullmatch(text)
    return int(match[1]) if match else Fault.NOT_A_QUANTITY


def pieces(product: str) -> tuple[str, int | None]:
    """The name of the goods, and how many of them when it ends by saying so."""
    match = _PIECES.search(product)
    if match is None or not int(match[1]):
        return product, None
    return product[: match.start()].strip(), int(match[1])


def only_phone(text: str) -> str:
    """ "" for what holds letters: shops encrypt numbers, and digits of a cipher are no phone."""
    return text if _PHONE.fullmatch(text) else ""


def unmasked(text: str) -> str:
    """ "" for a name that the shop has partly hidden: several buyers share it."""
    return "" if "*" in text else text


def _slashed(text: str) -> datetime | None:
    match = _SLASHED.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime.combine(date(year, month, day), time(hour, minute, second))
    except ValueError:
        return None
