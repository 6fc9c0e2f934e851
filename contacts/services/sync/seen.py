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


# Whether a run met the row of `f`; negated it becomes one hash anti-join.
SEEN = """EXISTS (
    SELECT 1 FROM contacts_syncseen s CROSS JOIN LATERAL unnest(s.ids) AS seen(id)
    WHERE s.run_id = %(run)s AND s.kind = %(seen_kind)s AND seen.id = f.id
)"""
