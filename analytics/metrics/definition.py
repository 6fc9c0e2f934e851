"""What is said of a figure wherever it is shown."""

from __future__ import annotations

from dataclasses import dataclass


def _(text: str) -> str:
    """Marks a text for translation without knowing how that is done."""
    return text


# What most figures are read from.
LEDGER = _("orders of known customers, refunds subtracted; every order counts once")
RELATIONS = _("follow relations of staff with customers")
MODEL = _("MBG/NBD and Gamma-Gamma, fitted nightly to our own orders")


@dataclass(frozen=True)
class Metric:
    """One figure: `formula` in words, `source` it is read from, what it cannot say in `limits`."""

    key: str
    title: str
    formula: str
    source: str
    limits: str = ""
