"""What channels cost (渠道成本): entered, corrected and taken out by hand."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import Channel, CostEntry
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.typed import one_line

_NOTE_CHARS = 128
_MOST_FEN = 10**12
_FIRST_DAY = date(2000, 1, 1)


def add_cost(
    *,
    channel_id: int,
    spent_on: date,
    amount_fen: int,
    note: str,
    operator: Operator,
    now: datetime,
) -> CostEntry:
    """Raises InvalidInput (spent_on, amount, note)."""
    note = checked(spent_on, amount_fen, note, now=now)
    with transaction.atomic():
        entry = CostEntry.objects.create(
            channel=Channel.objects.get(pk=channel_id),
            spent_on=spent_on,
            amount_fen=amount_fen,
            note=note,
            created_by=operator,
            created_at=now,
            updated_at=now,
        )
        _record("add_cost", entry, operator, now)
    return entry


def change_cost(
    *,
    entry_id: int,
    spent_on: date,
    amount_fen: int,
    note: str,
    operator: Operator,
    now: datetime,
) -> CostEntry:
    """Raises InvalidInput (spent_on, amount, note)."""
    note = checked(spent_on, amount_fen, note, now=now)
    with transaction.atomic():
        entry = CostEntry.objects.select_for_update().select_related("channel").get(pk=entry_id)
        before = _told(entry)
        entry.spent_on, entry.amount_fen, entry.note = spent_on, amount_fen, note
        entry.updated_at = now
        entry.save()
        _record("change_cost", entry, operator, now, before=before)
    return entry


def delete_cost(*, entry_id: int, operator: Operator, now: datetime) -> None:
    """Take an entry out; the operation log keeps what it said."""
    with transaction.atomic():
        entry = CostEntry.objects.select_for_update().select_related("channel").get(pk=entry_id)
        _record("delete_cost", entry, operator, now)
        entry.delete()


def checked(spent_on: date, amount_fen: int, note: str, *, now: datetime) -> str:
    """The note as it is kept; an amount below zero is money that came back or a correction.

    Raises InvalidInput (spent_on, amount, note).
    """
    if not amount_fen:
        raise InvalidInput(_("An amount that is not zero."), field="amount")
    if abs(amount_fen) > _MOST_FEN:
        raise InvalidInput(_("That is too much."), field="amount")
    if not _FIRST_DAY <= spent_on <= date(now.year + 1, 12, 31):
        raise InvalidInput(_("A day between 2000 and next year."), field="spent_on")
    note = one_line(note)
    if len(note) > _NOTE_CHARS:
        raise InvalidInput(_("At most %(most)d characters.") % {"most": _NOTE_CHARS}, field="note")
    if amount_fen < 0 and not note:
        raise InvalidInput(_("Say what came back, or what is corrected."), field="note")
    return note


def _record(
    verb: str,
    entry: CostEntry,
    operator: Operator,
    now: datetime,
    before: dict[str, object] | None = None,
) -> None:
    record_act(
        action=f"channel.{verb}",
        operator=operator,
        now=now,
        subject=entry.channel,
        details=_told(entry) | ({"before": before} if before else {}),
    )


def _told(entry: CostEntry) -> dict[str, object]:
    return {"day": f"{entry.spent_on}", "amount_fen": entry.amount_fen, "note": entry.note}
