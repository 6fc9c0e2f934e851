"""Taking over WeCom's customers against the least it could cost, and as a whole.

(a) Pages of relations, already parsed, go through the service that the sync uses, which keeps the
    timeline, the unchanged rows and the customers' own state, too; then the same rows once more by
    a bare COPY and `INSERT … ON CONFLICT` into the same three tables, from bytes made before the
    clock runs. The goal is at least half of its speed.
(d) Ten thousand relations change a tag: the service and the facts that segments read, in 2 s.

Run: `python -m bench.sync`; in full
`python -m bench.sync --contacts 1000000 --staff 2000 --corp 200000`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from bench import _corp, _made_up
from bench._campaign import redis_server
from bench._database import throw_away_database

PAGE = 4_000
GOAL_RATIO = 0.5
GOAL_TAG_SECONDS = 2.0
TAG_CHANGES = 10_000
# What is measured is our work, not WeCom's limits.
UNLIMITED = {"WECOM_CALLS_PER_MINUTE": "1000000", "WECOM_CALLS_PER_HOUR": "10000000"}

_TABLES = (
    "contacts_contactevent",
    "contacts_contactfacts",
    "contacts_followtag",
    "contacts_follow",
    "contacts_contact",
    "contacts_syncseen",
)
_RAW_CONTACTS = """
INSERT INTO contacts_contact (external_userid, name, kind, gender, avatar, corp_name, position,
    unionid, phone, profile, relation, first_followed_at, stage, stage_since, lost_kind,
    content_hash)
SELECT external_userid, name, kind, gender, avatar, '', '', unionid, phone, '{}', 'friend',
    added_at, 'new', added_at, '', '' FROM pg_temp.raw ORDER BY external_userid
ON CONFLICT (external_userid) DO UPDATE SET name = EXCLUDED.name, gender = EXCLUDED.gender,
    avatar = EXCLUDED.avatar, unionid = EXCLUDED.unionid, phone = EXCLUDED.phone
"""
_RAW_FOLLOWS = """
INSERT INTO contacts_follow (contact_id, staff_id, status, added_at, add_way, state, remark,
    description, remark_mobiles, oper_userid, content_hash)
SELECT c.id, s.id, 'active', r.added_at, 1, r.state, r.remark, r.description, ARRAY[r.phone],
    r.userid, '' FROM pg_temp.raw r JOIN contacts_contact c USING (external_userid)
JOIN contacts_staff s ON lower(s.userid) = lower(r.userid)
ON CONFLICT (contact_id, staff_id) DO UPDATE SET remark = EXCLUDED.remark,
    description = EXCLUDED.description, remark_mobiles = EXCLUDED.remark_mobiles
"""
_RAW_TAGS = """
INSERT INTO contacts_followtag (follow_id, tag_id)
SELECT f.id, t.id FROM pg_temp.raw r
JOIN contacts_contact c USING (external_userid) JOIN contacts_follow f ON f.contact_id = c.id
CROSS JOIN unnest(r.tags) AS told(tag_id) JOIN contacts_tag t USING (tag_id)
ON CONFLICT (follow_id, tag_id) DO NOTHING
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--staff", type=int, default=200)
    parser.add_argument("--corp", type=int, default=10_000, help="customers of the whole sync")
    asked = parser.parse_args()
    os.environ |= UNLIMITED
    with throw_away_database(), redis_server():
        _made_up.make_tags()
        ratio = load(customers=asked.contacts, staff=asked.staff)
        seconds = change_tags(customers=asked.contacts, staff=asked.staff)
        empty()
        whole(customers=asked.corp, staff=asked.staff)
    is_met = ratio >= GOAL_RATIO and seconds <= GOAL_TAG_SECONDS
    return 0 if is_met else 1


def load(*, customers: int, staff: int) -> float:
    """(a) Every other page takes the bare path, so that both meet tables of the same size and the
    same moods of the machine; answers the ratio of the speeds."""
    ways = {"service": _store, "bare path": _copy}
    rows, spent = dict.fromkeys(ways, 0), dict.fromkeys(ways, 0.0)
    resident = []
    made = _made_up.pages(first=0, customers=customers, staff=staff, size=PAGE)
    for page, words in zip(made, cycle(ways), strict=False):
        rows[words] += len(page)
        spent[words] += ways[words](page)
        resident.append(resident_megabytes())
    speed = {words: rows[words] / spent[words] for words in ways}
    for words, each in speed.items():
        print(
            f"{words}: {each:,.0f} customers a second with {_made_up.TAGS_PER_RELATION} tags each"
        )
    ratio = speed["service"] / speed["bare path"]
    print(f"ratio {ratio:.2f} (goal {GOAL_RATIO:g})")
    print(f"memory of the process: {resident[len(resident) // 4]} → {resident[-1]} MB")
    return ratio


def _store(page: list[Any]) -> float:
    """The seconds our service takes for a page."""
    from django.db import transaction
    from django.utils import timezone

    from contacts.services.relations import store_relations

    began = time.perf_counter()
    with transaction.atomic():
        store_relations(page, read_at=timezone.now(), now=timezone.now())
    return time.perf_counter() - began


def _copy(page: list[Any]) -> float:
    """The seconds the bare path takes for a page."""
    from django.db import connection, transaction

    from contacts.services.staff import ensure_staff

    ensure_staff({item.follow.userid for item in page})
    text = _Bytes(page)
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE raw (external_userid text, name text, kind smallint,"
            " gender smallint, avatar text, unionid text, phone text, userid text,"
            " added_at timestamptz, state text, remark text, description text, tags text[])"
            " ON COMMIT DROP"
        )
        cursor.copy_expert("COPY pg_temp.raw FROM STDIN", text)
        for statement in (_RAW_CONTACTS, _RAW_FOLLOWS, _RAW_TAGS):
            cursor.execute(statement)
    return time.perf_counter() - began


class _Bytes:
    """A page as the file that COPY reads, made beforehand."""

    def __init__(self, page: Iterable[Any]) -> None:
        self._text = "".join(
            "\t".join(
                (
                    item.contact.external_userid,
                    item.contact.name,
                    "1",
                    str(item.contact.gender),
                    item.contact.avatar,
                    item.contact.unionid,
                    item.follow.remark_mobiles[0],
                    item.follow.userid,
                    item.follow.created_at.isoformat(),
                    item.follow.state,
                    item.follow.remark,
                    item.follow.description,
                    "{" + ",".join(item.follow.tag_ids) + "}",
                )
            )
            + "\n"
            for item in page
        ).encode()
        self._read = 0

    def read(self, size: int) -> bytes:
        part = self._text[self._read : self._read + size]
        self._read += len(part)
        return part


def change_tags(*, customers: int, staff: int) -> float:
    """(d) Many relations change a tag; answers the seconds until segments know."""
    from django.db import connection, transaction
    from django.utils import timezone

    from contacts.services.facts import rebuild_facts, refresh_facts
    from contacts.services.relations import store_relations

    began = time.perf_counter()
    rebuild_facts()
    print(f"facts of all customers made in {time.perf_counter() - began:.1f} s")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    # Of the pages that the service stored: rows of the bare path lack what it knows a row by, and
    # would be written as a whole.
    pages = _made_up.pages(first=0, customers=customers, staff=staff, size=PAGE)
    stored_by_service = [item for page in islice(pages, 0, None, 2) for item in page]
    number = min(TAG_CHANGES, len(stored_by_service))
    chosen = [
        replace(item, follow=replace(item.follow, tag_ids=(*item.follow.tag_ids[1:], "etTAG00199")))
        for item in stored_by_service[:: len(stored_by_service) // number]
    ][:number]
    began = time.perf_counter()
    changed = 0
    for start in range(0, number, PAGE):
        with transaction.atomic():
            stored = store_relations(
                chosen[start : start + PAGE], read_at=timezone.now(), now=timezone.now()
            )
            changed += refresh_facts(contact_ids=stored.contact_ids)
    seconds = time.perf_counter() - began
    print(
        f"{number:,} relations changed a tag, {changed:,} facts followed: {seconds:.2f} s"
        f" (goal {GOAL_TAG_SECONDS:g})"
    )
    return seconds


def whole(*, customers: int, staff: int) -> None:
    """(b) A first sync, (c) one that finds nothing new."""
    from django.conf import settings

    settings.REDIS_URL = os.environ["REDIS_URL"]
    with _corp.serving(customers=customers, staff=staff) as address:
        settings.WECOM_BASE_URL = f"{address}/cgi-bin/"
        for words in ("first sync", "sync without news"):
            began = time.perf_counter()
            spent = walked()
            seconds = time.perf_counter() - began
            slowest = sorted(spent.items(), key=lambda step: -step[1])[:4]
            steps = ", ".join(f"{name} {part:.1f}" for name, part in slowest)
            print(
                f"{words}: {customers / seconds:,.0f} customers a second ({seconds:.1f} s: {steps})"
            )


def walked() -> dict[str, float]:
    """The seconds that each step of a full run took."""
    from django.utils import timezone

    from contacts.services.sync.runs import start_run, walk

    spent: dict[str, float] = {}
    run = start_run(is_full=True, now=timezone.now(), accept_losses=True)
    step, since = run.step, time.perf_counter()

    def watch(run: Any) -> None:
        nonlocal step, since
        spent[step] = spent.get(step, 0.0) + time.perf_counter() - since
        step, since = run.step, time.perf_counter()

    walk(run_id=run.pk, clock=timezone.now, on_page=watch)
    return spent


def empty() -> None:
    """No customers any more."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_TABLES)} CASCADE")


def resident_megabytes() -> int:
    """Memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // 1024 // 1024


if __name__ == "__main__":
    sys.exit(main())
