"""Tagging jobs with internal tags: freezing, marking, timeline and facts, against the bare SQL.

The floor writes the same tags, events and facts by one statement each, without a job: no frozen
customers, no turns, nothing to resume. Exit 1 when 10,000 changes take more than two seconds.
Run: `python -m bench.tagging [--customers N] [--marked N]`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench._database import throw_away_database

if TYPE_CHECKING:
    from scrm.console.models import Operator

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
TARGET_SECONDS, TARGET_CHANGES = 2.0, 10_000

_CUSTOMERS = """
INSERT INTO contacts_contact (external_userid, name, kind, gender, avatar, corp_name, position,
    unionid, phone, profile, relation, first_followed_at, stage, stage_since, lost_kind,
    content_hash)
SELECT 'wm-' || n, 'Customer', 1, 0, '', '', '', '', '', '{}', 'friend', %s, 'new', %s, '', ''
FROM generate_series(1, %s) n
"""
_FLOOR = (
    """
    INSERT INTO contacts_contacttag (contact_id, tag_id, at)
    SELECT id, %(tag)s, %(now)s FROM contacts_contact ORDER BY id LIMIT %(marked)s
    """,
    """
    INSERT INTO contacts_contactevent (contact_id, kind, at, details)
    SELECT contact_id, 'tagged', %(now)s, '{"tags": ["floor"]}' FROM contacts_contacttag
    WHERE tag_id = %(tag)s
    """,
    """
    UPDATE contacts_contactfacts f SET tag_ids = f.tag_ids || %(tag)s::int
    FROM contacts_contacttag t WHERE t.contact_id = f.contact_id AND t.tag_id = %(tag)s
    """,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--marked", type=int, default=TARGET_CHANGES)
    options = parser.parse_args()
    with throw_away_database():
        return measure(options.customers, options.marked)


def measure(customers: int, marked: int) -> int:
    from django.db import connection

    from contacts.models import Tag, TagGroup
    from contacts.services.facts import rebuild_facts
    from scrm.console.models import Operator

    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, [NOW, NOW, customers])
        rebuild_facts()
        cursor.execute("VACUUM ANALYZE")
    operator = Operator.objects.create(username="bench", role="admin")
    shelf = TagGroup.objects.create(name="Bench", kind="internal")
    floor_tag, tag = (
        Tag.objects.create(name=name, group=shelf, kind="internal") for name in ("floor", "job")
    )
    floor = timed(lambda: bare(floor_tag.pk, marked))
    job = timed(lambda: by_job(tag.pk, marked, operator))
    per_target = job * TARGET_CHANGES / marked
    print(f"{marked:,} of {customers:,} customers: bare {floor:.2f} s, job {job:.2f} s")
    print(f"job / bare: {job / floor:.2f}; 10,000 changes in {per_target:.2f} s (mark: ≤ 2 s)")
    return int(per_target > TARGET_SECONDS)


def bare(tag_id: int, marked: int) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _FLOOR:
            cursor.execute(statement, {"tag": tag_id, "now": NOW, "marked": marked})


def by_job(tag_id: int, marked: int, operator: Operator) -> None:
    from django.db import transaction

    from contacts.models import Contact, TagJob
    from contacts.services.tag_jobs import start_tag_job, work_tag_job

    with transaction.atomic():
        job = start_tag_job(
            contact_ids=Contact.objects.filter(
                pk__in=Contact.objects.order_by("pk").values("pk")[:marked]
            ),
            add_tag_ids=[tag_id],
            operator=operator,
            now=NOW,
        )
        # What it queues is not to be published: this process is the worker.
        transaction.get_connection().run_on_commit.clear()
    work_tag_job(job_id=job.pk, clock=lambda: NOW, until=NOW + timedelta(hours=1))
    done = TagJob.objects.get(pk=job.pk)
    if (done.state, done.marked) != ("done", marked):
        raise SystemExit(f"the job is {done.state} with {done.marked} marks")


def timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
