"""Journeys: due runs that workers move on in a second, against the bare SQL of the same steps.

Everybody's wait is over; a condition asks how much she bought, and each joins one of two messages.
The floor does that by one statement: the same rows written, nothing asked of a definition, no
slices, nobody else to share with. Then one worker, then two at once on other runs. Exit 1 when a
run was moved twice or not at all, when a worker's memory grows with the number of runs, or when
one worker takes more than `MOST` times as long as the floor.
Run: `python -m bench.journeys [--runs 20000]`; the figures in the documents are of 100,000.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import SimpleQueue
from typing import Any

from bench._campaign import redis_server
from bench._database import throw_away_database
from bench._memory import resident

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
MOST = 8.0
# What a worker may hold more at its largest than after its first slices.
GROWTH_MB = 24
_LOOK_EVERY = 0.02

_CUSTOMERS = """
INSERT INTO contacts_contact (external_userid, name, kind, gender, avatar, corp_name, position,
    unionid, phone, profile, relation, first_followed_at, stage, stage_since, lost_kind,
    content_hash)
SELECT 'wm-' || n, 'Customer', 1, 0, '', '', '', '', '', '{}', 'friend', %(now)s, 'new', %(now)s,
    '', ''
FROM generate_series(1, %(runs)s) n
"""
_STAFF = """
INSERT INTO contacts_staff (userid, name, alias, position, avatar, department_wecom_ids, status,
    is_following)
SELECT 'staff-' || n, 'Staff', '', '', '', '{1}', 1, true FROM generate_series(1, 20) n
"""
_FOLLOWS = """
INSERT INTO contacts_follow (contact_id, staff_id, status, added_at, add_way, state, remark,
    description, remark_mobiles, oper_userid, content_hash)
SELECT contact.id, staff.id, 'active', %(now)s, 1, '', '', '', '{}', '', ''
FROM contacts_contact contact
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM contacts_staff) staff
    ON staff.place = contact.id %% 20
"""
_BOUGHT = "UPDATE contacts_contactfacts SET order_count = contact_id % 4"
_DUE = """
INSERT INTO broadcasts_journeyrun (journey_id, version_id, contact_id, event_key, event_at, state,
    step, due_at, entered_at, reached_at, held_by, reason)
SELECT %(journey)s, %(version)s, id, 'bench:' || id, %(before)s, 'running', 'pause', %(now)s,
    %(before)s, %(before)s, '', ''
FROM contacts_contact ORDER BY id LIMIT %(runs)s
"""
_BARE = """
WITH opened AS (
    INSERT INTO broadcasts_journeysend (version_id, step, slot_at)
    VALUES (%(version)s, 'thanks', %(now)s), (%(version)s, 'hello', %(now)s)
    RETURNING id, step
), due AS (
    SELECT run.id, CASE WHEN facts.order_count >= 2 THEN 'yes' ELSE 'no' END AS way,
        CASE WHEN facts.order_count >= 2 THEN 'thanks' ELSE 'hello' END AS step
    FROM broadcasts_journeyrun run
    JOIN contacts_contactfacts facts ON facts.contact_id = run.contact_id
    WHERE run.journey_id = %(journey)s AND run.due_at <= %(now)s
    FOR UPDATE OF run
), moved AS (
    UPDATE broadcasts_journeyrun run SET state = 'sending', step = due.step, due_at = NULL,
        reached_at = %(now)s, patience_until = %(now)s + interval '72 hours', send_id = opened.id
    FROM due JOIN opened USING (step) WHERE run.id = due.id
)
INSERT INTO broadcasts_journeysteplog (run_id, version_id, step, what, reason, at)
SELECT due.id, %(version)s, line.step, line.what, line.reason, %(now)s
FROM due CROSS JOIN LATERAL (VALUES ('pause', 'done', ''), ('bought', 'done', due.way),
    (due.step, 'joined', '')) AS line(step, what, reason)
"""
_PAUSE: dict[str, Any] = {"id": "pause", "kind": "wait", "days": 1}
_MESSAGES: list[dict[str, Any]] = [
    _PAUSE,
    {
        "id": "bought",
        "kind": "condition",
        "rule": {"field": "order.count", "op": ">=", "value": 2},
        "yes": [{"id": "thanks", "kind": "send", "text": "Thank you!", "patience_hours": 72}],
        "no": [{"id": "hello", "kind": "send", "text": "Hello!", "patience_hours": 72}],
    },
]
# What is written for each customer besides where she stands.
_EFFECTS_OF = 4


@dataclass(frozen=True)
class Worked:
    """What one worker did: runs, seconds, those of its own processor time, and its memory in
    megabytes.
    """

    runs: int
    seconds: float
    worked: float
    began_mb: float
    most_mb: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20_000)
    asked = parser.parse_args()
    with throw_away_database(), redis_server():
        return measure(asked.runs)


def measure(runs: int) -> int:
    from django.db import connection

    from contacts.services.facts import rebuild_facts
    from scrm.console.models import Operator

    with connection.cursor() as cursor:
        for statement in (_STAFF, _CUSTOMERS, _FOLLOWS):
            cursor.execute(statement, {"now": NOW, "runs": runs})
        rebuild_facts()
        cursor.execute(_BOUGHT)
    operator = Operator.objects.create_user("bench", password=None, role="admin")
    floor = _bare(_journey("floor", operator, _MESSAGES, runs))
    print(f"{runs:,} runs due at once")
    print(f"bare SQL       {floor:6.2f} s  {runs / floor:10,.0f} a second")
    wrong, ratio, grown = 0, 0.0, 0.0
    for workers in (1, 2):
        journey = _journey(f"{workers} at once", operator, _MESSAGES, runs)
        done, seconds = _worked_by(workers)
        wrong += _wrongly_moved(journey, runs)
        grown = max(grown, *(one.most_mb - one.began_mb for one in done))
        ratio = ratio or seconds / floor
        shares = " + ".join(f"{one.runs:,}" for one in done)
        print(
            f"{workers} worker{'s' * (workers > 1):1}       {seconds:6.2f} s"
            f"  {runs / seconds:10,.0f} a second  ({shares};"
            f" {runs / sum(one.worked for one in done):,.0f} a second of the workers' own time;"
            f" memory at most {max(one.most_mb for one in done):.0f} MB)"
        )
    some = runs // _EFFECTS_OF
    _journey("effects", operator, _effects(), some)
    _done, seconds = _worked_by(1)
    print(f"1 worker, a tag, a task and an event each: {some / seconds:,.0f} a second")
    print(
        f"one worker / bare: {ratio:.2f} (mark: ≤ {MOST:g}); memory grew by {grown:.0f} MB"
        f" (mark: ≤ {GROWTH_MB}); moved twice or not at all: {wrong} (mark: 0)"
    )
    return int(ratio > MOST or grown > GROWTH_MB or wrong > 0)


def _effects() -> list[dict[str, Any]]:
    """Steps that write a tag, a task for staff and an event that somebody asked for."""
    from broadcasts.models import WebhookEndpoint
    from contacts.models import Tag, TagGroup

    shelf = TagGroup.objects.create(name="Bench", kind="internal")
    tag = Tag.objects.create(name="came", group=shelf, kind="internal")
    WebhookEndpoint.objects.create(
        name="crm", url="https://crm.example/", kinds=["journey.step"], created_at=NOW
    )
    return [
        _PAUSE,
        {"id": "mark", "kind": "tag", "add": [tag.pk], "remove": []},
        {"id": "ring", "kind": "staff_task", "text": "Ring her up", "due_days": 1},
        {"id": "tell", "kind": "webhook", "name": "came"},
        {"id": "rest", "kind": "wait", "days": 9},
    ]


def _journey(name: str, operator: Any, steps: list[dict[str, Any]], runs: int) -> Any:
    """A journey with due runs of so many customers, the only one with any."""
    from django.db import connection

    from broadcasts.services import journeys

    before = NOW - timedelta(days=1)
    draft = {
        "format": 1,
        "trigger": {"kind": "manual"},
        "entry": None,
        "steps": steps,
        "exits": [{"kind": "do_not_contact"}],
        "reentry": {"kind": "never"},
    }
    made = journeys.create_journey(
        name=name, subject="contact", operator=operator, now=before, draft=draft
    )
    journeys.publish(journey=made, operator=operator, now=before)
    made.refresh_from_db()
    with connection.cursor() as cursor:
        named = {"journey": made.pk, "version": made.version_id, "runs": runs}
        cursor.execute(_DUE, named | {"before": before, "now": NOW})
        cursor.execute("VACUUM ANALYZE broadcasts_journeyrun, contacts_contactfacts")
    return made


def _bare(journey: Any) -> float:
    from django.db import connection

    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(_BARE, {"journey": journey.pk, "version": journey.version_id, "now": NOW})
    return time.perf_counter() - began


def _worked_by(workers: int) -> tuple[list[Worked], float]:
    """So many processes at once, and the seconds until the last of them found nothing more."""
    from django.db import connections

    connections.close_all()
    forked = multiprocessing.get_context("fork")
    told: SimpleQueue[Worked] = forked.SimpleQueue()
    meeting = forked.Barrier(workers)
    processes = [forked.Process(target=_work, args=(meeting, told)) for _each in range(workers)]
    for process in processes:
        process.start()
    done = [told.get() for _each in processes]
    for process in processes:
        process.join()
    return done, max(one.seconds for one in done)


def _work(meeting: Any, told: SimpleQueue[Worked]) -> None:
    from broadcasts.services.journey_runs import advance_due

    with _watched() as sizes:
        meeting.wait()
        began, before = time.perf_counter(), time.process_time()
        runs = 0
        while moved := advance_due(now=NOW, seconds=3_600):
            runs += moved
        seconds, worked = time.perf_counter() - began, time.process_time() - before
    # The first slices fill what every later one uses again.
    early = sizes[: max(1, len(sizes) // 4)]
    told.put(Worked(runs, seconds, worked, max(early) / 1e6, max(sizes) / 1e6))


@contextmanager
def _watched() -> Iterator[list[int]]:
    """The process's memory, looked at while it works."""
    sizes = [resident(os.getpid())]
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY):
            sizes.append(resident(os.getpid()))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield sizes
    finally:
        over.set()
        watcher.join()


def _wrongly_moved(journey: Any, runs: int) -> int:
    """Runs that do not stand at their message with one line in the log for each thing done."""
    from django.db.models import Count, Q

    from broadcasts.models import JourneyRun, JourneyStepLog

    lines = JourneyStepLog.objects.filter(run__journey=journey).values("run").order_by()
    right = lines.annotate(
        done=Count("pk", filter=Q(what="done")), joined=Count("pk", filter=Q(what="joined"))
    ).filter(done=2, joined=1)
    standing = JourneyRun.objects.filter(journey=journey, state="sending", send__isnull=False)
    return 2 * runs - right.count() - standing.count()


if __name__ == "__main__":
    sys.exit(main())
