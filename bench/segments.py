"""Segments: eight rules through our compiler against the best SQL written by hand for each.

Made-up customers with 8 tags each, skewed as real tags are, in a database of their own. Median of
the rounds in milliseconds, the two taking turns; the counts must agree. The goal is 250 ms at a
million customers and at most 1.2 times the hand-written SQL.
Run: `python -m bench.segments [--contacts 1000000] [--rounds 7]`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench._database import throw_away_database

TAGS, STAFF, GROUPS = 400, 200, 500


@dataclass(frozen=True)
class Contest:
    """A rule and the WHERE clauses somebody might write for it; the fastest of them counts."""

    name: str
    rule: dict[str, Any]
    by_hand: tuple[str, ...] = field(default=())


def leaf(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": name, "op": op, "value": value}


def tags(op: str, *ids: int) -> dict[str, Any]:
    return leaf("tag", op, list(ids))


def array(ids: Any) -> str:
    return "'{" + ",".join(str(number) for number in ids) + "}'::int[]"


_MANY = range(10, 20)
_CHATS, _MEMBERS, _WIDE = range(1, 21), range(1, 11), range(1, 41)

CONTESTS = (
    Contest(
        "any[1] not[1]",
        {"all": [tags("any", 1), {"not": tags("any", 2)}]},
        (
            f"tag_ids && {array([1])} AND NOT tag_ids && {array([2])}",
            f"tag_ids @> {array([1])} AND NOT tag_ids @> {array([2])}",
        ),
    ),
    Contest(
        "any[5] all[2] none[1]",
        {"all": [tags("any", 5, 6, 7, 8, 9), tags("all", 2, 3), tags("none", 4)]},
        (
            (
                f"tag_ids && {array(range(5, 10))} AND tag_ids @> {array([2, 3])}"
                f" AND NOT tag_ids && {array([4])}"
            ),
        ),
    ),
    Contest(
        "orders, revenue, recency",
        {
            "all": [
                leaf("order.count", ">=", 3),
                leaf("order.revenue_fen", ">=", 60_000),
                leaf("order.last_on", "within_days", 90),
            ]
        },
        (
            (
                "order_days >= 3 AND revenue_fen - refunded_fen >= 60000 AND last_order_on > "
                "(now() AT TIME ZONE 'Asia/Shanghai')::date - 90"
            ),
        ),
    ),
    Contest(
        "20 groups, 10 staff, not tag",
        {
            "all": [
                leaf("group", "any", list(_CHATS)),
                leaf("staff", "any", list(_MEMBERS)),
                tags("none", 1),
            ]
        },
        (
            (
                f"group_ids && {array(_CHATS)} AND staff_ids && {array(_MEMBERS)}"
                f" AND NOT tag_ids && {array([1])}"
            ),
        ),
    ),
    Contest(
        "all[3] narrow",
        tags("all", 150, 200, 250),
        (f"tag_ids @> {array([150, 200, 250])}",),
    ),
    Contest(
        "(any[10] or revenue, staff) not …",
        {
            "all": [
                {
                    "any": [
                        tags("any", *_MANY),
                        {
                            "all": [
                                leaf("order.revenue_fen", ">=", 60_000),
                                leaf("staff", "any", list(_MEMBERS)),
                            ]
                        },
                    ]
                },
                {"not": {"any": [tags("any", 1), leaf("stage", "in", ["lost"])]}},
            ]
        },
        (
            (
                f"(tag_ids && {array(_MANY)} OR (revenue_fen - refunded_fen >= 60000"
                f" AND staff_ids && {array(_MEMBERS)}))"
                f" AND NOT tag_ids && {array([1])} AND stage <> 'lost'"
            ),
        ),
    ),
    Contest(
        "nearly all",
        {"not": tags("any", 300)},
        (f"NOT tag_ids && {array([300])}", f"NOT tag_ids @> {array([300])}"),
    ),
    Contest(
        "any[40] wide",
        tags("any", *_WIDE),
        (f"tag_ids && {array(_WIDE)}",),
    ),
)


def load(contacts: int) -> None:
    """Customers with their facts, straight into the tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        for statement in _LOAD:
            cursor.execute(statement, {"n": contacts, "t": TAGS, "s": STAFF, "g": GROUPS})
        cursor.execute("VACUUM ANALYZE contacts_contactfacts")
        cursor.execute("VACUUM ANALYZE contacts_contact")


_LOAD = (
    """INSERT INTO contacts_taggroup (id, group_id, name, kind, "order", is_gone)
    VALUES (1, 'g', 'g', 'wecom', 0, false)""",
    """INSERT INTO contacts_tag (id, tag_id, group_id, name, kind, "order", is_gone)
    SELECT i, 't' || i, 1, 't' || i, 'wecom', 0, false FROM generate_series(1, %(t)s) i""",
    """INSERT INTO contacts_staff (id, userid, name, alias, position, avatar,
        department_wecom_ids, status, is_following)
    SELECT i, 's' || i, 's' || i, '', '', '', '{}', 1, true FROM generate_series(1, %(s)s) i""",
    """INSERT INTO groups_groupchat (id, chat_id, name, owner_userid, notice, status,
        member_version, created_at)
    SELECT i, 'c' || i, 'c' || i, 's1', '', 0, '', now() FROM generate_series(1, %(g)s) i""",
    """INSERT INTO contacts_contact (id, external_userid, name, kind, gender, avatar, corp_name,
        position, unionid, phone, profile, relation, first_followed_at, stage, stage_since,
        lost_kind, content_hash)
    SELECT i, 'wm' || i, '客户' || i, 1, 0, '', '', '', '', '', '{}', 'friend', now(), 'new', now(),
        '', '' FROM generate_series(1, %(n)s) i""",
    """INSERT INTO contacts_contactfacts (contact_id, relation, stage, kind, gender, tag_ids,
        staff_ids, group_ids, department_ids, add_ways, first_followed_at, last_followed_at,
        order_count, order_days, revenue_fen, refunded_fen, first_order_on, last_order_on, bucket,
        is_do_not_contact)
    SELECT i, 'friend', (ARRAY['new', 'first', 'repeat', 'silent', 'lost'])[1 + i %% 5], 1, i %% 3,
        (SELECT array_agg(DISTINCT 1 + floor(power(random(), 3) * %(t)s)::int)
            FROM generate_series(1, 8) WHERE i > 0),
        ARRAY[1 + floor(random() * %(s)s)::int],
        CASE WHEN random() < 0.4 THEN ARRAY[1 + floor(random() * %(g)s)::int] ELSE '{}' END,
        '{}', '{1}', now() - random() * interval '400 days', now() - random() * interval '90 days',
        bought, bought, bought * 15000, CASE WHEN i %% 9 = 0 THEN bought * 1000 ELSE 0 END,
        CASE WHEN bought > 0 THEN current_date - 300 END,
        CASE WHEN bought > 0 THEN current_date - floor(random() * 300)::int END,
        i %% 100, false
    FROM (SELECT i, floor(power(random(), 4) * 7)::int AS bought
        FROM generate_series(1, %(n)s) i) drawn""",
)


def milliseconds(count: Callable[[], int]) -> float:
    began = time.perf_counter()
    count()
    return (time.perf_counter() - began) * 1000


def compiled(contest: Contest) -> Callable[[], int]:
    from django.utils import timezone

    from contacts.selectors.audiences import count
    from scrm.segments.fields import read_rule

    rule, now = read_rule(contest.rule), timezone.now()
    return lambda: count(rule, now)


def written(where: str) -> Callable[[], int]:
    from django.db import connection

    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM contacts_contactfacts WHERE {where}")
            return int(cursor.fetchone()[0])

    return count


def compete(contest: Contest, rounds: int) -> None:
    ours, theirs = compiled(contest), [written(where) for where in contest.by_hand]
    size = ours()
    for count in theirs:
        if count() != size:
            raise SystemExit(f"{contest.name}: counts differ, {size} and {count()}")
    times: dict[int, list[float]] = {number: [] for number in range(len(theirs) + 1)}
    for _ in range(rounds):
        for number, count in enumerate([ours, *theirs]):
            times[number].append(milliseconds(count))
    medians = [statistics.median(taken) for taken in times.values()]
    best = min(medians[1:])
    print(
        f"{contest.name:<36}{size:>10,}{medians[0]:>10.1f}{best:>10.1f}{medians[0] / best:>8.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with throw_away_database():
        began = time.perf_counter()
        load(asked.contacts)
        print(f"{asked.contacts:,} customers in {time.perf_counter() - began:.1f} s")
        print(f"{'rule':<36}{'customers':>10}{'ours ms':>10}{'hand ms':>10}{'ratio':>8}")
        for contest in CONTESTS:
            compete(contest, asked.rounds)


if __name__ == "__main__":
    main()
