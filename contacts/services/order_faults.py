"""What is wrong with an order file, in words with the cure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, gettext_noop, ngettext

from contacts.rules.order_lines import Fault, Problem
from scrm.errors import InvalidInput

SHOWN = 20

WORDS = {
    Fault.MISSING: gettext_noop("is empty; every line needs it."),
    Fault.NOT_A_DATE: gettext_noop("is not a date; write 2026-03-10 or 2026-03-10 09:30:00."),
    Fault.NOT_AN_AMOUNT: gettext_noop(
        "is not an amount; write yuan such as 129.00, without separators or units."
    ),
    Fault.NEGATIVE: gettext_noop(
        "is negative; leave the amount as paid and write what was given back into “refunded”."
    ),
    Fault.TOO_MANY_DECIMALS: gettext_noop(
        "has more than two decimals; round it to fen before the export."
    ),
    Fault.REFUND_OVER_AMOUNT: gettext_noop("is more than the amount paid; correct one of the two."),
    Fault.AMOUNT_UNDER_REFUND: gettext_noop(
        "is less than what was already given back of this order; correct the amount, or tell the "
        "refund as well."
    ),
    Fault.UNKNOWN_ORDER: gettext_noop("is no order of this source; send the order first."),
    Fault.REFUND_OF_ANOTHER: gettext_noop(
        "is the number of a refund of another order; give each refund one number."
    ),
    Fault.REFUND_CHANGED: gettext_noop(
        "is not what this refund was booked with; entries are never changed. Send another refund, "
        "or the order with its right total."
    ),
    Fault.NOT_FEN: gettext_noop("is not an amount; write fen as a whole number, 12900 for ¥129."),
    Fault.NOT_TEXT: gettext_noop("is not a text."),
    Fault.NOT_A_ROW: gettext_noop("is not an object with fields."),
    Fault.TWICE: gettext_noop("stands in this message twice; send each once."),
    Fault.NO_BUYER: gettext_noop("is empty; a line needs at least one of these."),
    Fault.NOT_A_QUANTITY: gettext_noop("is not a quantity; write a whole number from 1."),
    Fault.TOO_LONG: gettext_noop("is too long; check that the columns are not shifted."),
    Fault.ROUNDED_NUMBER: gettext_noop(
        "was rounded by a spreadsheet and names no order any more; export the file again, and do "
        "not open it in between."
    ),
    Fault.BAD_SIBLING: gettext_noop(
        "is an order of which another line was refused; an order comes as a whole or not at all."
    ),
    Fault.ANOTHER_ORDER: gettext_noop(
        "stands on lines with different buyer, time or amount; give each order one number, and "
        "repeat the order's total on each of its lines."
    ),
    Fault.NOT_CSV: gettext_noop("cannot be read as CSV; export the file again."),
}


class InvalidOrderFile(InvalidInput):
    """The file was refused and nothing of it was written.

    `problems` are the first 20, `total` counts all. `str(error)` lists them for the operator.
    """

    code = "invalid_order_file"

    def __init__(self, message: str, problems: Sequence[Problem] = (), total: int = 0) -> None:
        lines = [message, *(describe(problem) for problem in problems)]
        super().__init__("\n".join(lines), field="file")
        self.problems, self.total = list(problems), total


def refused(problems: Sequence[Problem], total: int) -> InvalidOrderFile:
    """The error for a file with bad lines."""
    message = ngettext(
        "Nothing was imported: %(total)s value is wrong.",
        "Nothing was imported: %(total)s values are wrong.",
        total,
    ) % {"total": total}
    if total > SHOWN:
        message += " " + gettext("The first %(shown)s:") % {"shown": SHOWN}
    return InvalidOrderFile(message, problems[:SHOWN], total)


def yuan(fen: int) -> str:
    """Money as files write it."""
    return f"{fen // 100}.{fen % 100:02d}"


def describe(problem: Problem) -> str:
    """One problem as a line: where, what was written, and how to write it."""
    return gettext("Line %(line)s, %(column)s “%(value)s” %(words)s") % {
        "line": problem.line,
        "column": problem.column,
        "value": problem.value[:60],
        "words": gettext(WORDS[problem.fault]),
    }
