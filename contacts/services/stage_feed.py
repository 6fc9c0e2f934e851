"""Tell others of stage changes (阶段变化), each at least once and none forgotten.

The log of transitions is the feed. Its ids do not tell in which order rows were committed, so a
reader that remembers an id would miss those of a slower transaction. Rows are therefore read in
the order (transaction, id), and only of transactions before the oldest that is still running.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import connection, transaction

from contacts.models import LifecycleTransition, StageReader

_SLICE = 1_000
_BEHIND_ALL = 2**63 - 1

# A row comparison, which the index on (txid, id) answers; the ORM has none.
_FOLLOWING = """
SELECT * FROM contacts_lifecycletransition
WHERE (txid, id) > (%s, %s) AND txid < txid_snapshot_xmin(txid_current_snapshot())
ORDER BY txid, id
LIMIT %s
"""


def start_reading(*, name: str, now: datetime) -> StageReader:
    """Register a reader of the changes that come from now on; one that exists goes on where it is.

    `name` says who reads ("journeys"), at most 48 characters.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_snapshot_xmin(txid_current_snapshot())")
        (horizon,) = cursor.fetchone() or (0,)
    reader, _ = StageReader.objects.get_or_create(
        name=name, defaults={"txid": horizon - 1, "last_id": _BEHIND_ALL, "updated_at": now}
    )
    return reader


def read_changes(
    *,
    name: str,
    handle: Callable[[Sequence[LifecycleTransition]], None],
    now: datetime,
    limit: int = _SLICE,
) -> int:
    """Give the next changes to `handle` and remember the place, in one transaction.

    What `handle` writes to the database happens exactly once; when it raises, the same changes
    come again. Answers how many there were; 0 also while another process reads under this name.
    Raises StageReader.DoesNotExist for a name that never started.
    """
    with transaction.atomic():
        reader = StageReader.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if reader is None:
            StageReader.objects.get(name=name)
            return 0
        place = [reader.txid, reader.last_id, limit]
        changes = list(LifecycleTransition.objects.raw(_FOLLOWING, place))
        if changes:
            handle(changes)
            reader.txid, reader.last_id = changes[-1].txid, changes[-1].pk
            reader.updated_at = now
            reader.save(update_fields=["txid", "last_id", "updated_at"])
        return len(changes)
