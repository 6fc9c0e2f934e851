"""The shop's house rules (触达治理): ours, with a standing hold-out from before its first message."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from broadcasts.models import PolicySettings
from broadcasts.services.policy import default_rules, update_policy
from scrm.console.models import Operator

STANDING_PERCENT = 5
# Before everything in the written past.
_DRAWN_AGO = timedelta(days=70)


def set_house_rules(*, operator: Operator, now: datetime) -> None:
    """Unless any were set."""
    if not PolicySettings.objects.exists():
        rules = replace(default_rules(), standing_percent=STANDING_PERCENT)
        update_policy(rules=rules, operator=operator, now=now - _DRAWN_AGO)
