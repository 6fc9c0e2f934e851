"""Errors of the metrics. `str(error)` is one sentence that says what to change."""

from __future__ import annotations


class NotEnoughData(ValueError):
    """The data cannot carry this model."""


class BadPeriod(ValueError):
    """The dates asked for do not fit the data or each other."""


class BadOrderFile(ValueError):
    """An order file cannot be read; the sentence names line and field."""
