"""Errors that carry a sentence for the operator."""

from __future__ import annotations


class ScrmError(Exception):
    """A business rule said no. `str(error)` is a translated sentence an operator can act on."""

    code = "scrm_error"


class InvalidInput(ScrmError):
    """A value somebody gave is not acceptable; `field` names where it was given."""

    code = "invalid_input"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field
