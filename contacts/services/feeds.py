"""Tell others what was added to a log: every row at least once and none forgotten.

Ids do not tell in which order rows were committed, so a reader that remembers an id would miss
those of a slower transaction. Rows are therefore read in the order (transaction, id), and only of
transactions before the oldest that is still running. Logs with a `txid` column can be read so:
events of customers, orders (which come again when their customer is found), stage changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Model

from contacts.models import StageReader

Row = TypeVar("Row", bound=Model)

_BEHIND_ALL = 2**63 - 1

# A row comparison, which the index on (txid, id) answers; the ORM has none.
_FOLLOWING = """
SELECT * FROM {table}
WHERE (txid, id) > (%s, %s) AND txid < txid_snapshot_xmin(txid_current_snapshot())
ORDER BY txid, id
LIMIT %s
"""


def start_reading(*, name: str, now: datetime) -> StageReader:
    """Register a reader of what comes from now on; one that exists goes on where it is.

    `name` says who reads what ("journeys"), at most 48 characters; each log needs its own. What was
    written a moment ago comes as well, if a transaction older than it is still running somewhere.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_snapshot_xmin(txid_current_snapshot())")
        (horizon,) = cursor.fetchone() or (0,)
    reader, _ = StageReader.objects.get_or_create(
        name=name, defaults={"txid": horizon - 1, "last_id": _BEHIND_ALL, "updated_at": now}
    )
    return reader


def read_rows(
    *,
    name: str,
    log: type[Row],
    handle: Callable[[Sequence[Row]], None],
    now: datetime,
    limit: int,
) -> int:
    """Give the next rows of `log` to `handle` and remember the place, in one transaction.

    What `handle` writes to the database happens exactly once; when it raises, the same rows come
    again. Answers how many there were; 0 also while another process reads under this name. Raises
    StageReader.DoesNotExist for a name that never started.
    """
    with transaction.atomic():
        reader = StageReader.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if reader is None:
            StageReader.objects.get(name=name)
            return 0
        query = _FOLLOWING.format(table=log._meta.db_table)
        rows = list(log._default_manager.raw(query, [reader.txid, reader.last_id, limit]))
        if rows:
            handle(rows)
            reader.txid, reader.last_id = _place_of(rows[-1])
            reader.updated_at = now
            reader.save(update_fields=["txid", "last_id", "updated_at"])
        return len(rows)


def _place_of(row: Model) -> tuple[int, int]:
    return row.txid, row.pk  # type: ignore[attr-defined]  # every log has the column
