"""Segments: eleven rules through our compiler against the best SQL written by hand for each.

Made-up customers with 8 tags each, skewed as real tags are, in a database of their own. Median of
the rounds in milliseconds, the two taking turns; the counts must agree. The goals at a million
customers: counted in 250 ms and at most 1.2 times the hand-written SQL; written out as the members
of a static segment in at most 1.3 times a raw `INSERT … SELECT` of the same customers. "Counted" is
the whole call, in which Python puts the statement together in a fraction of a millisecond whatever
it finds; "alone" is the statement it made against the same hand-written one, both sent as text. A
rule that the index answers in less than a millisecond may miss the goal as a whole call by half a
millisecond, never alone. Exit 1 when one misses.
Run: `python -m bench.segments [--contacts 1000000] [--rounds 7]`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench._database import throw_away_database

TAGS, STAFF, GROUPS = 400, 200, 500
MOST_MS, MOST_TO_COUNT, MOST_TO_WRITE, PUTTING_TOGETHER_MS = 250, 1.2, 1.3, 0.5


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

CONTESTS: tuple[Contest, ...] = (
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


# The shop's own fields: a common choice, a rare one, and a number.
CONTESTS += (
    Contest(
        "own choice, common",
        {"field": "profile.skin", "op": "in", "value": ["dry"]},
        ('profile @> \'{"skin": "dry"}\'', "profile ->> 'skin' = 'dry'"),
    ),
    Contest(
        "own choice, rare",
        {"field": "profile.skin", "op": "in", "value": ["rare"]},
        ("profile @> '{\"skin\": \"rare\"}' AND NOT profile = '{}'::jsonb",),
    ),
    Contest(
        "own number",
        {"field": "profile.age", "op": "between", "value": [30, 39]},
        ("(profile -> 'age')::float8 BETWEEN 30 AND 39",),
    ),
)


def load(contacts: int) -> None:
    """Customers with their facts, straight into the tables."""
    from django.db import connection
    from django.utils import timezone

    from contacts.models import ProfileField
    from groups.models import GroupChat

    for key, kind, choices in (("skin", "choice", ["dry", "oily", "rare"]), ("age", "number", [])):
        ProfileField.objects.create(
            key=key, label=key, kind=kind, choices=choices, created_at=timezone.now()
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        for statement in _LOAD:
            cursor.execute(statement, {"n": contacts, "t": TAGS, "s": STAFF, "g": GROUPS})
        GroupChat.objects.bulk_create(
            GroupChat(
                pk=i, chat_id=f"c{i}", name=f"c{i}", owner_userid="s1", created_at=timezone.now()
            )
            for i in range(1, GROUPS + 1)
        )
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
    """INSERT INTO contacts_contact (id, external_userid, name, kind, gender, avatar, corp_name,
        position, unionid, phone, profile, relation, first_followed_at, stage, stage_since,
        lost_kind, content_hash)
    SELECT i, 'wm' || i, '客户' || i, 1, 0, '', '', '', '', '', '{}', 'friend', now(), 'new', now(),
        '', '' FROM generate_series(1, %(n)s) i""",
    """INSERT INTO contacts_contactfacts (contact_id, relation, stage, kind, gender, tag_ids,
        staff_ids, group_ids, department_ids, add_ways, first_followed_at, last_followed_at,
        order_count, order_days, revenue_fen, refunded_fen, first_order_on, last_order_on, bucket,
        is_do_not_contact, profile)
    SELECT i, 'friend', (ARRAY['new', 'first', 'repeat', 'silent', 'lost'])[1 + i %% 5], 1, i %% 3,
        (SELECT array_agg(DISTINCT 1 + floor(power(random(), 3) * %(t)s)::int)
            FROM generate_series(1, 8) WHERE i > 0),
        ARRAY[1 + floor(random() * %(s)s)::int],
        CASE WHEN random() < 0.4 THEN ARRAY[1 + floor(random() * %(g)s)::int] ELSE '{}' END,
        '{}', '{1}', now() - random() * interval '400 days', now() - random() * interval '90 days',
        bought, bought, bought * 15000, CASE WHEN i %% 9 = 0 THEN bought * 1000 ELSE 0 END,
        CASE WHEN bought > 0 THEN current_date - 300 END,
        CASE WHEN bought > 0 THEN current_date - floor(random() * 300)::int END,
        i %% 100, false,
        CASE WHEN i %% 5 < 2 THEN jsonb_build_object('skin', CASE WHEN i %% 5000 = 0 THEN 'rare'
            WHEN i %% 2 = 0 THEN 'dry' ELSE 'oily' END, 'age', 18 + i %% 50) ELSE '{}' END
    FROM (SELECT i, floor(power(random(), 4) * 7)::int AS bought
        FROM generate_series(1, %(n)s) i) drawn""",
)


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


def alone(contest: Contest) -> Callable[[], int]:
    """The statement that the compiler makes of the rule, as text."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        compiled(contest)()
    # A rule over the shop's own fields looks those up first.
    statement = captured.captured_queries[-1]["sql"]

    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.fetchone()[0])

    return count


def frozen(contest: Contest) -> Callable[[], int]:
    from django.utils import timezone

    from contacts.services.static_segments import write_members
    from scrm.segments.fields import read_rule

    rule, now = read_rule(contest.rule), timezone.now()
    return lambda: write_members(segment_id=1, rule=rule, now=now)


def inserted(where: str) -> Callable[[], int]:
    from django.db import connection

    def insert() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO contacts_segmentmember (segment_id, contact_id)"
                f" SELECT 1, contact_id FROM contacts_contactfacts WHERE {where}"
            )
            return int(cursor.rowcount)

    return insert


def nothing() -> None:
    """What stands between two rounds of counting."""


def emptied() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE contacts_segmentmember")


def medians(ways: Sequence[Callable[[], int]], rounds: int, between: Callable[[], None]) -> Medians:
    """The median of each way in milliseconds, taking turns; all must answer the same number."""
    sizes: set[int] = set()
    times: list[list[float]] = [[] for _way in ways]
    # A first round nobody counts warms the caches; afterwards the order changes every round, so
    # that nobody always comes behind the same neighbour.
    for number in range(rounds + 1):
        for place in range(len(ways)):
            index = (place + number) % len(ways)
            between()
            began = time.perf_counter()
            sizes.add(ways[index]())
            if number:
                times[index].append((time.perf_counter() - began) * 1000)
    if len(sizes) != 1:
        raise SystemExit(f"the counts differ: {sorted(sizes)}")
    return Medians(sizes.pop(), [statistics.median(taken) for taken in times])


@dataclass(frozen=True)
class Medians:
    size: int
    milliseconds: list[float]

    @property
    def best(self) -> float:
        """Of those our own is held against."""
        return min(self.milliseconds[1:])

    @property
    def ratio(self) -> float:
        return self.milliseconds[0] / self.best

    def row(self) -> str:
        return f"{self.milliseconds[0]:>10.2f}{self.best:>10.2f}{self.ratio:>8.2f}"

    def misses(self, ratio: float) -> bool:
        return self.milliseconds[0] > max(self.best * ratio, self.best + PUTTING_TOGETHER_MS)


def compete(contest: Contest, rounds: int) -> bool:
    """Print the rule's row; whether it reached its goals."""
    # A rule of a millisecond needs more rounds than one of a second to be told from noise.
    counting = [compiled(contest), *(written(where) for where in contest.by_hand)]
    quick = medians(counting, 3, nothing).milliseconds[0] < 20
    turns = rounds * 10 if quick else rounds
    counted = medians(counting, turns, nothing)
    bare = medians([alone(contest), *counting[1:]], turns, nothing)
    writing = [frozen(contest), *(inserted(where) for where in contest.by_hand)]
    kept = medians(writing, max(3, rounds // 2), emptied)
    print(
        f"{contest.name:<36}{counted.size:>10,}{counted.row()}{bare.ratio:>8.2f}{kept.row()}",
        flush=True,
    )
    return (
        counted.milliseconds[0] <= MOST_MS
        and bare.ratio <= MOST_TO_COUNT
        and not counted.misses(MOST_TO_COUNT)
        and not kept.misses(MOST_TO_WRITE)
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with throw_away_database():
        began = time.perf_counter()
        load(asked.contacts)
        print(f"{asked.contacts:,} customers in {time.perf_counter() - began:.1f} s")
        columns = f"{'ours ms':>10}{'hand ms':>10}{'ratio':>8}"
        print(f"{'':<46}{'counted':>28}{'':>8}{'written out':>28}")
        print(f"{'rule':<36}{'customers':>10}{columns}{'alone':>8}{columns}")
        missed = [each.name for each in CONTESTS if not compete(each, asked.rounds)]
    if missed:
        print(f"goals missed by: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
