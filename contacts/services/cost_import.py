"""Costs of channels from a file (渠道成本导入): all its lines or none, and each once.

A line says channel, day, amount in yuan and what for. One that is there already, in each of the
four, is passed over, so a file may be imported again after lines were added to it.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from django.db import transaction
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from contacts.models import Channel, CostEntry
from contacts.services.channel_costs import checked
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

MOST_LINES = 2_000
MOST_BYTES = 1024 * 1024

_COLUMNS = {
    **dict.fromkeys(("channel", "渠道", "渠道名称", "state"), "channel"),
    **dict.fromkeys(("day", "date", "spent_on", "日期", "花费日期"), "day"),
    **dict.fromkeys(("amount", "cost", "金额", "花费", "成本"), "amount"),
    **dict.fromkeys(("note", "what for", "备注", "用途", "说明"), "note"),
}
_NEEDED = ("channel", "day", "amount")

_Key: TypeAlias = tuple[int, date, int, str]


@dataclass(frozen=True)
class CostLine:
    """One line as it was understood; `problem` says why it was not. `number` counts from 1, with
    the heading. `is_known`: an entry says the same already.
    """

    number: int
    given: str
    channel: Channel | None = None
    spent_on: date | None = None
    amount_fen: int = 0
    note: str = ""
    problem: str = ""
    is_known: bool = False


def read_costs(text: str, *, now: datetime) -> list[CostLine]:
    """What each line of a file says. Raises InvalidInput (file) for what is no such file."""
    if len(text.encode()) > MOST_BYTES:
        raise InvalidInput(_("The file is too large."), field="file")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff").replace("\0", ""))))
    places = _places(rows[0] if rows else [])
    if len(rows) - 1 > MOST_LINES:
        most = {"most": f"{MOST_LINES:,}"}
        raise InvalidInput(_("At most %(most)s lines at once.") % most, field="file")
    return list(_lines(rows[1:], places, now=now))


def import_costs(*, text: str, operator: Operator, now: datetime) -> int:
    """Write the lines that are new; answers how many. Raises InvalidInput (file) when one line
    cannot be read: then nothing is written.
    """
    # A second import at the same moment waits here and then finds the entries of the first.
    with transaction.atomic():
        list(Channel.objects.select_for_update().order_by("pk").values_list("pk"))
        lines = read_costs(text, now=now)
        if any(line.problem for line in lines):
            raise InvalidInput(_("Some lines cannot be read; nothing is written."), field="file")
        entries = [
            CostEntry(
                channel=line.channel,
                spent_on=line.spent_on,
                amount_fen=line.amount_fen,
                note=line.note,
                created_by=operator,
                created_at=now,
                updated_at=now,
            )
            for line in lines
            if line.spent_on is not None and not line.is_known
        ]
        CostEntry.objects.bulk_create(entries)
        record_act(
            action="channel.import_costs",
            operator=operator,
            now=now,
            details={
                "entries": len(entries),
                "amount_fen": sum(entry.amount_fen for entry in entries),
            },
        )
    return len(entries)


def _places(heading: list[str]) -> dict[str, int]:
    places = {
        _COLUMNS[name.strip().lower()]: place
        for place, name in reversed(list(enumerate(heading)))
        if name.strip().lower() in _COLUMNS
    }
    missing = [name for name in _NEEDED if name not in places]
    if missing:
        raise InvalidInput(
            _("The first line must name the columns channel, day and amount; missing: %(names)s.")
            % {"names": ", ".join(missing)},
            field="file",
        )
    return places


def _lines(rows: list[list[str]], places: dict[str, int], *, now: datetime) -> Iterator[CostLine]:
    channels = _channels()
    there: Counter[_Key] = Counter(
        CostEntry.objects.values_list("channel_id", "spent_on", "amount_fen", "note")
    )
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        told = {
            name: cells[place].strip() if place < len(cells) else ""
            for name, place in places.items()
        }
        line = _read(number, told, channels, now=now)
        if line.channel is not None and line.spent_on is not None and not line.problem:
            key = (line.channel.pk, line.spent_on, line.amount_fen, line.note)
            # Two equal lines of one file are two costs; an entry answers for one of them.
            if there[key] > 0:
                there[key] -= 1
                line = CostLine(**{**line.__dict__, "is_known": True})
        yield line


def _channels() -> dict[str, list[Channel]]:
    """By state and by name, in lower case; a name may be that of several."""
    found: dict[str, list[Channel]] = {}
    for channel in Channel.objects.order_by("pk"):
        for key in {channel.state.lower(), channel.name.lower()}:
            found.setdefault(key, []).append(channel)
    return found


def _read(
    number: int, told: dict[str, str], channels: dict[str, list[Channel]], *, now: datetime
) -> CostLine:
    given = " · ".join(value for value in told.values() if value)[:200]
    matching = channels.get(told["channel"].lower(), [])
    try:
        if not matching:
            raise InvalidInput(_("No channel has this name or state."), field="channel")
        if len(matching) > 1:
            raise InvalidInput(_("Several channels have this name; give its state."))
        spent_on = _day(told["day"])
        amount_fen = _fen(told["amount"])
        note = checked(spent_on, amount_fen, told.get("note", ""), now=now)
    except InvalidInput as error:
        return CostLine(number, given, problem=str(error))
    return CostLine(number, given, matching[0], spent_on, amount_fen, note)


def _day(text: str) -> date:
    try:
        day = parse_date(text.replace("/", "-").replace(".", "-"))
    except ValueError:
        day = None
    if day is None:
        raise InvalidInput(_("Give a day as 2026-03-31."), field="day")
    return day


def _fen(text: str) -> int:
    plain = text.replace(",", "").replace("，", "").lstrip("¥￥").strip()
    try:
        fen = Decimal(plain) * 100
    except InvalidOperation:
        fen = Decimal("NaN")
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise InvalidInput(_("Give an amount in yuan, such as 1234.50."), field="amount")
    return int(fen)
