"""Customer groups: how long their pages take when there are many, against the same pages with few.

Made-up groups, members, days and figures of owners in a database of their own. Of each page the
slowest answer and the median in milliseconds, and the median as ratio to that with ten groups.
The goal is 500 ms with 20,000 groups of 200 members.
Run: `python -m bench.groups [--groups 20000] [--members 200] [--rounds 10]`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any

from bench._database import throw_away_database

OWNERS, DAYS = 2_000, 180
GOAL_MS = 500
PAGES = {
    "list": "/groups/",
    "list, by size": "/groups/?sort=largest",
    "list, by joins": "/groups/?sort=joins",
    "list, quiet ones": "/groups/?health=quiet",
    "quiet groups": "/groups/quiet/?quiet_days=30",
    "one group": "/groups/{group}/",
    "duplicates": "/groups/duplicates/",
    "statistics, 30 days": "/groups/statistics/",
    "statistics, 180 days": "/groups/statistics/?days=180&top=new_members",
    "changes": "/groups/changes/",
    "api: groups": "/api/v1/groups/",
    "api: duplicates": "/api/v1/group-duplicates/",
}

STAFF = """
INSERT INTO contacts_staff (userid, name, alias, position, avatar, department_wecom_ids, status,
    is_following)
SELECT 'owner' || n, '群主 ' || n, '', '', '', '{{1}}', 1, true
FROM generate_series(1, {owners}) n
"""
GROUPS = """
INSERT INTO groups_groupchat (chat_id, name, owner_id, owner_userid, notice, status,
    member_version, read_version, created_at)
SELECT 'wr' || n, '茶友群 ' || n, s.id, s.userid, '每周五晚八点茶会', 0, '1', '1',
    now() - (n % 700) * interval '1 day'
FROM generate_series(1, {groups}) n
JOIN (SELECT id, userid, row_number() OVER (ORDER BY id) - 1 AS place FROM contacts_staff) s
    ON s.place = n % {owners}
"""
CONTACTS = """
INSERT INTO contacts_contact (external_userid, name, first_followed_at, stage_since, {names})
SELECT 'wm' || n, '客户 ' || n, now(), now(), {values} FROM generate_series(1, {contacts}) n
"""
# Two people in a hundred are in two groups; three quarters of the members are no friends.
MEMBERS = """
INSERT INTO groups_groupmember (group_id, member_id, kind, contact_id, name, group_nickname,
    unionid, joined_at, join_scene, invitor_userid, state, left_at)
SELECT g.id, 'wm' || who, 2, CASE WHEN who <= {contacts} THEN first.id + who - 1 END, '客户 ' || who,
    '', '', greatest(g.created_at, now() - (who * 7919 % 600) * interval '1 day'), 3, '', '',
    CASE WHEN m % 10 = 0 THEN now() - (who % 90) * interval '1 day' END
FROM (SELECT id, created_at, row_number() OVER (ORDER BY id) - 1 AS place FROM groups_groupchat) g
CROSS JOIN generate_series(1, {members}) m
CROSS JOIN LATERAL (SELECT 1 + (g.place * {members} + m - CASE WHEN m % 50 = 0 THEN {members}
    ELSE 0 END + {people}) % {people} AS who) w
CROSS JOIN (SELECT min(id) AS id FROM contacts_contact) first
ON CONFLICT DO NOTHING
"""
FIGURES = """
INSERT INTO groups_ownerday (owner_id, day, new_groups, groups, active_groups, new_members,
    members, active_members, messages)
SELECT s.id, current_date - d, 0, 10, (s.id + d) % 11, 3, 2000, 40, (s.id + d) % 11 * 20
FROM contacts_staff s CROSS JOIN generate_series(1, {days}) d;
INSERT INTO groups_figureday (day, after, read_at, error)
SELECT current_date - d, 0, now(), '' FROM generate_series(1, {days}) d;
INSERT INTO groups_groupevent (group_id, kind, at, before, after)
SELECT id, 'owner', now() - (id % 200) * interval '1 day', 'owner1', owner_userid
FROM groups_groupchat
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--groups", type=int, default=1_000)
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    with throw_away_database():
        return _run(asked)


def _run(asked: argparse.Namespace) -> int:
    client = _client()
    _fill(groups=10, members=10)
    few = {name: statistics.median(_timed(client, path, 5)) for name, path in PAGES.items()}
    began = time.perf_counter()
    _fill(groups=asked.groups, members=asked.members)
    print(
        f"{asked.groups:,} groups of {asked.members} members, made in"
        f" {time.perf_counter() - began:.0f} s; milliseconds"
    )
    print(f"{'page':22} {'few':>8} {'median':>8} {'slowest':>8} {'ratio':>7}")
    is_missed = False
    for name, path in PAGES.items():
        taken = _timed(client, path, asked.rounds)
        median, slowest = statistics.median(taken), max(taken)
        is_missed |= median > GOAL_MS
        print(f"{name:22} {few[name]:8.0f} {median:8.0f} {slowest:8.0f} {median / few[name]:7.1f}")
    return 1 if is_missed else 0


def _client() -> Any:
    from django.test import Client

    from scrm.console.models import Operator, Role

    operator = Operator.objects.create_user("bench", password=None, role=Role.ADMIN)
    client = Client(headers={"host": "localhost"})
    client.force_login(operator, backend="scrm.console.roles.RoleBackend")
    return client


def _timed(client: Any, path: str, rounds: int) -> list[float]:
    from groups.models import GroupChat

    path = path.format(group=GroupChat.objects.order_by("-pk").values_list("pk", flat=True)[0])
    taken = []
    for number in range(rounds + 1):
        began = time.perf_counter()
        answer = client.get(path)
        if answer.status_code != 200:
            sys.exit(f"{path} answered {answer.status_code}")
        if number:  # the first one warms up
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def _fill(*, groups: int, members: int) -> None:
    """Other groups than those there were, and everything that hangs on them."""
    from django.db import connection

    from contacts.services.facts import rebuild_facts
    from groups.services.group_facts import rebuild_group_facts

    people = groups * members
    contacts = people // 4
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE contacts_staff, contacts_contact, groups_groupchat, groups_figureday CASCADE"
        )
        names, values = _plain_columns()
        for statement in (STAFF, GROUPS, CONTACTS, MEMBERS, FIGURES):
            cursor.execute(
                statement.format(
                    owners=min(OWNERS, groups),
                    groups=groups,
                    people=people,
                    contacts=contacts,
                    members=members,
                    days=DAYS,
                    names=names,
                    values=values,
                )
            )
    rebuild_facts()
    rebuild_group_facts()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO groups_groupday (group_id, day, joins, leaves)"
            " SELECT group_id, joined_at::date, count(*), count(left_at) FROM groups_groupmember"
            " GROUP BY 1, 2"
        )
        cursor.execute("VACUUM ANALYZE")


def _plain_columns() -> tuple[str, str]:
    """The columns of a customer that the database asks for and nobody here cares about."""
    from contacts.models import Contact

    given = {"id", "external_userid", "name", "first_followed_at", "stage_since"}
    pairs = [
        (str(field.column), field.get_prep_value(field.get_default()))
        for field in Contact._meta.concrete_fields
        if field.column not in given and not field.null
    ]
    values = [str(value) if isinstance(value, int) else f"'{value}'" for _name, value in pairs]
    return ", ".join(name for name, _value in pairs), ", ".join(values)


if __name__ == "__main__":
    sys.exit(main())
