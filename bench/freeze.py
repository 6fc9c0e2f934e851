"""Fixing an audience against the least it could cost: the raw insert of the same rows.

Made-up customers with follow relations, touches and wishes, in a database of their own. Every rule
of the governor is in force: a deep message about a topic, with caps by class and over all channels,
white space, both hold-outs, and a rival that goes first. The rows that fixing wrote are then
inserted once more by a bare `INSERT … SELECT` in the same order; the goal is at most 1.5 times its
time. The dry run, which writes nothing, is shown beside it.
Run: `python -m bench.freeze [--recipients 200000] [--staff 200] [--rounds 3]`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench._database import throw_away_database

# Every fourth customer has two staff members; every tenth was touched lately, some ask for rest.
_LOAD = (
    """INSERT INTO contacts_staff (id, userid, name, alias, position, avatar,
        department_wecom_ids, status, is_following)
    SELECT i, 's' || i, 's' || i, '', '', '', '{}', 1, true FROM generate_series(1, %(s)s) i""",
    """INSERT INTO contacts_contact (id, external_userid, name, kind, gender, avatar, corp_name,
        position, unionid, phone, profile, relation, first_followed_at, stage, stage_since,
        lost_kind, content_hash)
    SELECT i, 'wmABCDEFGHIJKLMNOPQRST' || lpad(i::text, 10, '0'), '客户' || i, 1, 0, '', '', '', '',
        '', '{}', 'friend', now() - interval '90 days', 'new', now(), '', ''
    FROM generate_series(1, %(n)s) i""",
    """INSERT INTO contacts_contactfacts (contact_id, relation, stage, kind, gender, tag_ids,
        staff_ids, group_ids, department_ids, add_ways, first_followed_at, last_followed_at,
        order_count, order_days, revenue_fen, refunded_fen, bucket, is_do_not_contact)
    SELECT i, 'friend', 'new', 1, 0, ARRAY[i %% 40], ARRAY[1 + i %% %(s)s], '{}', '{}', '{1}',
        now() - interval '90 days', now() - interval '9 days', 0, 0, 0, 0, i %% 100, false
    FROM generate_series(1, %(n)s) i""",
    """INSERT INTO contacts_follow (contact_id, staff_id, status, added_at, add_way, state, remark,
        description, remark_mobiles, oper_userid, content_hash)
    SELECT i, 1 + (i * 7 + twice * 13) %% %(s)s, 'active',
        now() - interval '90 days' + twice * interval '9 days', 1, '', '', '', '{}', '', ''
    FROM generate_series(1, %(n)s) i, generate_series(0, 1) twice
    WHERE twice = 0 OR i %% 4 = 0""",
    """INSERT INTO contacts_preference (contact_id, is_do_not_contact, topics_off, link_version,
        source, reason, updated_at)
    SELECT i, i %% 100 = 1, '{}', 0, '', '', now() FROM generate_series(1, %(n)s, 50) i""",
    """INSERT INTO broadcasts_touch (contact_id, staff_id, channel, touch_class, at)
    SELECT 1 + floor(random() * %(n)s)::int, 1,
        CASE WHEN i %% 5 = 0 THEN 'group' ELSE 'private' END,
        CASE WHEN i %% 7 = 0 THEN 'deep' ELSE 'light' END,
        now() - i * interval '200 days' / %(t)s
    FROM generate_series(%(t)s, 1, -1) i""",
)
_TABLES = ("contact", "contactfacts", "follow", "preference")

_COLUMNS = "contact_id, state, reason, batch_id, staff_id, external_userid, result"
_RAW = f"""
INSERT INTO broadcasts_recipient (broadcast_id, {_COLUMNS})
SELECT %(other)s, {_COLUMNS} FROM frozen_rows ORDER BY place
"""


def load(*, customers: int, staff: int, touches: int) -> None:
    """Customers, straight into the tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        for statement in _LOAD:
            cursor.execute(statement, {"n": customers, "s": staff, "t": touches})
        for table in (*(f"contacts_{name}" for name in _TABLES), "broadcasts_touch"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def rules() -> None:
    """Every figure of the governor switched on, and a rival for one customer in twenty."""
    from django.utils import timezone

    from broadcasts.models import PolicySettings

    PolicySettings.objects.create(
        pk=1, light_cap=20, standing_percent=5, standing_salt="bench", standing_since=timezone.now()
    )
    scheduled({"field": "contact.bucket", "op": "<", "value": 5}, priority=1)


def scheduled(rule: dict[str, Any] | None = None, *, priority: int = 5) -> Any:
    """A broadcast to everybody, or to whom the rule picks, ready to be fixed."""
    from django.utils import timezone

    from broadcasts.models import Broadcast
    from contacts.models import Segment, Topic

    now = timezone.now()
    rule = rule or {"field": "relation", "op": "in", "value": ["friend"]}
    segment = Segment.objects.create(
        name=f"Segment {Segment.objects.count()}", rule=rule, created_at=now, updated_at=now
    )
    topic, _made = Topic.objects.get_or_create(name="News")
    return Broadcast.objects.create(
        name="Measured",
        benefit="None",
        segment=segment,
        segment_version=1,
        rule=rule,
        text="Words",
        touch_class="deep",
        topic=topic,
        priority=priority,
        window_start=now,
        window_end=now + timedelta(hours=1),
        state="scheduled",
        created_at=now,
        scheduled_at=now,
    )


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def fixed() -> tuple[float, float, float]:
    """Seconds of the dry run, of fixing the audience and of inserting its rows once more.

    Everything is removed again, so that the next round meets the same tables.
    """
    from django.db import connection
    from django.utils import timezone

    from broadcasts.selectors.dry_run import dry_run
    from broadcasts.services.audience import freeze

    broadcast, now = scheduled(), timezone.now()
    dry = seconds(lambda: dry_run(broadcast, now=now))
    frozen = seconds(lambda: freeze(broadcast_id=broadcast.pk, now=now))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE frozen_rows AS SELECT row_number() OVER (ORDER BY ctid) AS place,"
            f" {_COLUMNS} FROM broadcasts_recipient WHERE broadcast_id = %s",
            [broadcast.pk],
        )
        cursor.execute("ANALYZE frozen_rows")
        cursor.execute("TRUNCATE broadcasts_recipient")
        raw = seconds(lambda: cursor.execute(_RAW, {"other": broadcast.pk}))
        cursor.execute("TRUNCATE broadcasts_recipient")
        cursor.execute("DELETE FROM broadcasts_batch")
        cursor.execute("DROP TABLE frozen_rows")
    return dry, frozen, raw


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipients", type=int, default=200_000)
    parser.add_argument("--staff", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with throw_away_database():
        load(customers=asked.recipients, staff=asked.staff, touches=2 * asked.recipients)
        rules()
        rounds = [fixed() for _each in range(asked.rounds)]
    dry, frozen, raw = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratios = sorted(frozen / raw for _dry, frozen, raw in rounds)
    print(f"{asked.recipients:,} customers: dry run {dry:.2f} s, fixing {frozen:.2f} s")
    print(f"raw insert of the same rows {raw:.2f} s")
    middle = statistics.median(ratios)
    print(f"ratio {middle:.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f} in {len(ratios)} rounds)")


if __name__ == "__main__":
    main()
