"""How many would receive a broadcast if its audience were fixed at its time (预计发送)."""

from __future__ import annotations

from datetime import datetime

from broadcasts.models import Broadcast
from broadcasts.selectors.dry_run import dry_run, planned_at
from broadcasts.selectors.group_verdicts import verdicts_on_groups


def expected(broadcast: Broadcast, *, now: datetime) -> int:
    """Customers, or groups of a broadcast to groups."""
    if broadcast.is_for_groups:
        verdicts = verdicts_on_groups(broadcast, now=planned_at(broadcast, now=now))
        return sum(one.is_chosen for one in verdicts)
    return dry_run(broadcast, now=now).chosen
