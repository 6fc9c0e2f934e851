"""Note what a running sync met, and forget it afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from contacts.models import SyncSeen
from scrm.wecom.models import SyncRun


def mark_seen(kind: SyncSeen.Kind, ids: Sequence[int]) -> None:
    """These rows exist at WeCom; noted with the run that is under way, if there is one.

    Event handlers note as the walk does: what they bring while a run is under way may lie behind
    the page that would have met it, and must not be taken for missing.
    """
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_syncseen (run_id, kind, ids)"
            " SELECT id, %s, %s FROM wecom_syncrun WHERE state = 'running'",
            [kind, list(ids)],
        )


def forget_seen() -> None:
    """Remove the notes of runs that have ended."""
    SyncSeen.objects.exclude(run__state=SyncRun.State.RUNNING).delete()


def lay_out_seen(kind: SyncSeen.Kind, *, run_id: int) -> None:
    """Put what a run met where `SEEN` looks it up, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.sync_seen_id")
        cursor.execute(
            "CREATE TEMPORARY TABLE sync_seen_id ON COMMIT DROP AS"
            " SELECT DISTINCT unnest(ids) AS id FROM contacts_syncseen"
            " WHERE run_id = %s AND kind = %s",
            [run_id, kind],
        )
        # However wrong the planner's guess of a fresh table is, a look-up by key stays cheap.
        cursor.execute("ALTER TABLE pg_temp.sync_seen_id ADD PRIMARY KEY (id)")
        cursor.execute("ANALYZE pg_temp.sync_seen_id")


# Whether the run met the row of `f`.
SEEN = "EXISTS (SELECT 1 FROM pg_temp.sync_seen_id seen WHERE seen.id = f.id)"
