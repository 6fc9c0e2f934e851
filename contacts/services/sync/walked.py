"""Who walks a run: one process at a time, known to the database and forgotten with its session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

# Any number that no other advisory lock of this database begins with.
_SYNC = 0x53594E43


@contextmanager
def sole_walk(run_id: int) -> Iterator[bool]:
    """Hold the right to walk this run during the block; False when another session has it.

    A killed process loses the right at once, because its session ends with it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_SYNC, run_id])
        (is_ours,) = cursor.fetchone() or (False,)
    try:
        yield is_ours
    finally:
        if is_ours:
            # Of a broken session there is nothing left to give back.
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_SYNC, run_id])


def is_walked(run_id: int) -> bool:
    """Whether any session walks this run now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
            " AND l.classid = %s AND l.objid = %s AND l.granted)",
            [_SYNC, run_id],
        )
        (found,) = cursor.fetchone() or (False,)
    return bool(found)
