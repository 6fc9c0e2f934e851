"""Phone numbers (手机号): one stored form, one shown form."""

from __future__ import annotations

import re

_NOT_DIGITS = re.compile(r"\D+")
_LONGEST = 15  # E.164


def normalise(text: str) -> str:
    """Digits only, without China's country code; "" when `text` is no whole number.

    Shops export masked numbers such as 138****0000. They match nobody, so they become "".
    """
    if "*" in text:
        return ""
    digits = _NOT_DIGITS.sub("", text)
    if digits.startswith("0086"):
        digits = digits[4:]
    elif len(digits) == 13 and digits.startswith("861"):
        digits = digits[2:]
    return digits if 5 <= len(digits) <= _LONGEST else ""


def mask(phone: str) -> str:
    """What a role without the right to see phone numbers sees: 138****5678."""
    if len(phone) < 7:
        return "*" * len(phone)
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
