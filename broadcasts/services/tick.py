"""The heartbeat of broadcasts: find whatever is due, by scanning rows, and move it on.

Messages to workers only make things sooner; without any, this finds everything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

from broadcasts.services.dispatch import hand_out
from broadcasts.services.plans import fire_due
from broadcasts.services.reconcile import expire_leases, reconcile_due
from broadcasts.services.reminder_plans import plan_reminders, remind_by_plan
from broadcasts.services.reminders import remind_due
from broadcasts.services.results import poll_due
from broadcasts.services.windows import close_due, open_due, settle

log = logging.getLogger(__name__)

# What must not be late comes first: closing keeps the promise of the quiet hours.
STEPS: tuple[Callable[..., object], ...] = (
    close_due,
    expire_leases,
    fire_due,
    open_due,
    hand_out,
    reconcile_due,
    plan_reminders,
    remind_by_plan,
    remind_due,
    poll_due,
    settle,
)


def tick(*, now: datetime) -> bool:
    """Do every step once; False when another process is at it.

    A step that fails is logged and repeated by the next tick; it does not keep the others back.
    """
    with _alone() as alone:
        if not alone:
            return False
        for step in STEPS:
            try:
                step(now=now)
            except Exception:
                log.exception("broadcasts: step %s failed", step.__name__)
    return True


@contextmanager
def _alone() -> Iterator[bool]:
    """Hold the one lock of the heartbeat; Postgres frees it when the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('broadcasts.tick'))")
        (alone,) = cursor.fetchone()
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('broadcasts.tick'))")
