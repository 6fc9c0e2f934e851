"""The state that travels to WeCom and back with a visitor (雷达链接授权): signed, short-lived."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.utils.crypto import constant_time_compare, salted_hmac

VALID = timedelta(minutes=10)
_STATE = re.compile(r"([0-9a-f]{8})([0-9a-f]{40})")


def state_for(code: str, *, now: datetime) -> str:
    """For a visit to the link `code`, as letters and digits: when, and a signature over both."""
    made = f"{int(now.timestamp()):08x}"
    return made + _signature(code, made)


def state_fits(state: str, code: str, *, now: datetime) -> bool:
    """Whether the state was made by us, for this link, within the last ten minutes."""
    match = _STATE.fullmatch(state)
    if match is None or not constant_time_compare(match.group(2), _signature(code, match.group(1))):
        return False
    age = now.timestamp() - int(match.group(1), 16)
    return -VALID.total_seconds() < age <= VALID.total_seconds()


def _signature(code: str, made: str) -> str:
    return salted_hmac("tracked-link", f"{code}:{made}", algorithm="sha256").hexdigest()[:40]
