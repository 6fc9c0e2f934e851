"""Results of many customers read from WeCom's pages and recorded, beside the raw insert."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bench._answered import CUSTOMER, serving
from bench._memory import resident, worked

PER_TASK = 10_000
PAGE = 1_000
_EMPTY = (
    "TRUNCATE contacts_staff, broadcasts_broadcast RESTART IDENTITY CASCADE",
    "TRUNCATE broadcasts_recipient, broadcasts_touch",
)
_LOAD = (
    """INSERT INTO contacts_staff (id, userid, name, alias, position, avatar,
        department_wecom_ids, status, is_following)
    SELECT i, 's' || (i - 1), 's' || (i - 1), '', '', '', '{}', 1, true
    FROM generate_series(1, %(batches)s) i""",
    """INSERT INTO broadcasts_batch (broadcast_id, staff_id, seq, size, state, attempt, resent,
        intent_at, msgid, refused_reason, accepted_at, sent_count, next_poll_at, is_final)
    SELECT %(broadcast)s, i, 0, least(%(size)s, %(n)s - (i - 1) * %(size)s), 'accepted', 1, 0,
        %(now)s, 'msg' || (i - 1), '', %(now)s, 0, %(now)s, false
    FROM generate_series(1, %(batches)s) i""",
    """INSERT INTO broadcasts_recipient (broadcast_id, contact_id, state, reason, batch_id,
        staff_id, external_userid, result)
    SELECT %(broadcast)s, i + 1, 'chosen', '', batch.id, batch.staff_id,
        %(prefix)s || lpad(i::text, 10, '0'), ''
    FROM generate_series(0, %(n)s - 1) i
    JOIN broadcasts_batch batch ON batch.staff_id = 1 + i / %(size)s
        AND batch.broadcast_id = %(broadcast)s
    ORDER BY i""",
)
_AGAIN = (
    "TRUNCATE broadcasts_touch",
    "UPDATE broadcasts_recipient SET result = '' WHERE result <> ''",
    """UPDATE broadcasts_batch SET sent_count = 0, is_final = false, confirmed_at = NULL,
        next_poll_at = accepted_at""",
    "VACUUM ANALYZE broadcasts_recipient",
    "VACUUM ANALYZE broadcasts_batch",
)
_COLUMNS = "contact_id, staff_id, channel, touch_class, at, broadcast_id, batch_id"


@dataclass
class Round:
    """Seconds of one reading of everything, and of inserting the same touches once more."""

    wall: float
    here: float
    in_postgres: float
    raw: float
    raw_in_postgres: float
    touches: int
    memory: list[int] = field(default_factory=list)

    @property
    def work(self) -> float:
        """Seconds of processor time: what it takes apart from waiting for WeCom."""
        return self.here + self.in_postgres


def measured(*, recipients: int, rounds: int) -> list[Round]:
    """So many rounds over the results of so many recipients."""
    from django.conf import settings

    with serving(customers=recipients, per_task=PER_TASK) as address:
        os.environ["WECOM_BASE_URL"] = settings.WECOM_BASE_URL = f"{address}/cgi-bin/"
        settings.REDIS_URL = os.environ["REDIS_URL"]
        settings.DEBUG = False  # else Django remembers every statement with all its values
        settings.WECOM_CALLS_PER_MINUTE = settings.WECOM_CALLS_PER_HOUR = 1_000_000
        _load(recipients)
        return [_round() for _each in range(rounds)]


def _load(recipients: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from broadcasts.models import Broadcast
    from contacts.models import Segment

    with connection.cursor() as cursor:
        for statement in _EMPTY:
            cursor.execute(statement)
    now = timezone.now()
    rule = {"field": "relation", "op": "in", "value": ["friend"]}
    segment = Segment.objects.create(name="Told", rule=rule, created_at=now, updated_at=now)
    broadcast = Broadcast.objects.create(
        name="Measured",
        benefit="None",
        segment=segment,
        segment_version=1,
        rule=rule,
        text="Words",
        window_start=now,
        window_end=now + timedelta(hours=1),
        state="submitting",
        frozen_at=now,
        scheduled_at=now,
        created_at=now,
    )
    figures: dict[str, Any] = {
        "broadcast": broadcast.pk,
        "n": recipients,
        "size": PER_TASK,
        "batches": -(-recipients // PER_TASK),
        "now": now,
        "prefix": CUSTOMER,
    }
    with connection.cursor() as cursor:
        for statement in _LOAD:
            cursor.execute(statement, figures)


def _round() -> Round:
    from django.db import connection

    from broadcasts.models import Batch, Touch

    with connection.cursor() as cursor:
        for statement in _AGAIN:
            cursor.execute(statement)
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    begun, here, there = time.perf_counter(), time.process_time(), worked(backend)
    memory = list(_read_all())
    wall = time.perf_counter() - begun
    here, there = time.process_time() - here, worked(backend) - there
    unfinished = Batch.objects.filter(is_final=False).count()
    if unfinished:
        raise RuntimeError(f"{unfinished} batches are not over")
    raw, raw_there = _raw(backend)
    return Round(wall, here, there, raw, raw_there, Touch.objects.count(), memory)


def _read_all() -> Iterator[int]:
    """Read all results as the heartbeat does, turn after turn; the memory held after each."""
    from django.utils import timezone

    from broadcasts.services import results

    while results.poll_due(now=timezone.now()):
        yield resident(os.getpid())


def _raw(backend: int) -> tuple[float, float]:
    """Insert the touches that were recorded once more, in their order, and nothing else."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE recorded AS SELECT row_number() OVER (ORDER BY ctid) AS place,"
            f" {_COLUMNS} FROM broadcasts_touch"
        )
        cursor.execute("ANALYZE recorded")
        cursor.execute("TRUNCATE broadcasts_touch")
        begun, there = time.perf_counter(), worked(backend)
        cursor.execute(
            f"INSERT INTO broadcasts_touch ({_COLUMNS})"
            f" SELECT {_COLUMNS} FROM recorded ORDER BY place"
        )
        seconds = time.perf_counter() - begun, worked(backend) - there
        cursor.execute("DROP TABLE recorded")
    return seconds
