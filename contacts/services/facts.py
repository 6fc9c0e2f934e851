"""Keep `ContactFacts`, the rows that segments read, equal to the truth they are made from.

One SQL statement makes the facts of some customers or of all; it writes only rows that differ.
Upper apps add the columns that they know: see `supply`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from contacts.models import Contact

# Few enough for one short transaction and a hash table in memory.
CHUNK = 20_000


@dataclass(frozen=True)
class Supply:
    """A column of ContactFacts that another app fills.

    `values_sql` selects `contact_id, value`, with `{scope:m.contact_id}` where it names the column
    that says whose it is; a customer without a row gets `empty_sql`. `prepare(contact_ids)` runs first (None: all customers).
    """

    column: str
    values_sql: str
    empty_sql: str
    prepare: Callable[[Sequence[int] | None], None] | None = None


@dataclass(frozen=True)
class _Scope:
    """Which customers a statement is about. `{scope:f.contact_id}` in SQL says so of a column:
    told each table by itself, the planner never guesses how many customers there may be."""

    condition: str

    def __format__(self, column: str) -> str:
        return self.condition.replace("COLUMN", column)


_CHOSEN = _Scope("COLUMN = ANY(%(ids)s)")
_BEHIND = _Scope("COLUMN > %(after)s")
_BETWEEN = _Scope("COLUMN > %(after)s AND COLUMN <= %(until)s")

_supplies: dict[str, Supply] = {}


def supply(column: Supply) -> None:
    """Register one column, in `AppConfig.ready()`; raises ValueError when it is taken."""
    if column.column in _supplies:
        raise ValueError(f"ContactFacts.{column.column} is supplied twice")
    _supplies[column.column] = column


def refresh_facts(*, contact_ids: Sequence[int]) -> int:
    """Bring the facts of these customers up to date; answers how many rows changed."""
    if not contact_ids:
        return 0
    for column in _supplies.values():
        if column.prepare:
            column.prepare(contact_ids)
    return _write(_CHOSEN, {"ids": list(contact_ids)})


def rebuild_chunk(*, after: int, limit: int = CHUNK) -> tuple[int | None, int]:
    """Rebuild the next `limit` customers behind id `after`.

    Answers (the id to go on from, or None at the end; rows changed).
    """
    ids = Contact.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    until = ids[limit - 1 : limit].first()
    if until is None:
        return None, _write(_BEHIND, {"after": after})
    return until, _write(_BETWEEN, {"after": after, "until": until})


def rebuild_facts() -> int:
    """Rebuild every row from the truth; answers how many differed. Chunks commit one by one."""
    prepare_all()
    changed, after = 0, 0
    while True:
        with transaction.atomic():
            following, rows = rebuild_chunk(after=after)
        changed += rows
        if following is None:
            return changed
        after = following


def prepare_all() -> None:
    """What the supplying apps do before a rebuild of all customers."""
    for column in _supplies.values():
        if column.prepare:
            column.prepare(None)


def _write(scope: _Scope, parameters: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_statement(scope), parameters)
        return int(cursor.rowcount)


_OWN = {
    "relation": "chosen.relation",
    "stage": "chosen.stage",
    "kind": "chosen.kind",
    "gender": "chosen.gender",
    "tag_ids": "COALESCE(tags.ids, '{}')",
    "staff_ids": "COALESCE(follows.staff_ids, '{}')",
    "group_ids": "'{}'::int[]",  # supplied by the app above that knows groups
    "department_ids": "COALESCE(departments.ids, '{}')",
    "add_ways": "COALESCE(follows.add_ways, '{}')",
    "first_followed_at": "chosen.first_followed_at",
    "last_followed_at": "COALESCE(follows.last_followed_at, chosen.first_followed_at)",
    "order_count": "COALESCE(bought.order_count, 0)",
    "order_days": "COALESCE(bought.order_days, 0)",
    "revenue_fen": "COALESCE(bought.revenue_fen, 0)",
    "refunded_fen": "COALESCE(bought.refunded_fen, 0)",
    "first_order_on": "bought.first_order_on",
    "last_order_on": "bought.last_order_on",
    # Of the id alone, so that a customer stays in her sample for ever.
    "bucket": "mod(('x' || left(md5(chosen.external_userid), 8))::bit(32)::bigint, 100)",
    "is_do_not_contact": "COALESCE(asked.is_do_not_contact, false)",
    "pause_until": "asked.pause_until",
    "has_phone": "chosen.phone <> ''",
    "has_unionid": "chosen.unionid <> ''",
    "profile": """CASE WHEN chosen.profile = '{}' THEN chosen.profile ELSE COALESCE(
        (SELECT jsonb_object_agg(entry.key, entry.value -> 'value')
            FROM jsonb_each(chosen.profile) entry WHERE entry.value ? 'value'), '{}') END""",
}

_SOURCES = """
chosen AS MATERIALIZED (
    SELECT c.id, c.external_userid, c.relation, c.stage, c.kind, c.gender, c.first_followed_at,
        c.phone, c.unionid, c.profile
    FROM contacts_contact c WHERE {scope:c.id}
),
follows AS (
    SELECT f.contact_id, max(f.added_at) AS last_followed_at,
        array_agg(DISTINCT f.staff_id::int) FILTER (WHERE f.status = 'active') AS staff_ids,
        array_agg(DISTINCT f.add_way::int) FILTER (WHERE f.status = 'active') AS add_ways
    FROM contacts_follow f WHERE {scope:f.contact_id} GROUP BY f.contact_id
),
staff_departments AS MATERIALIZED (
    SELECT s.id AS staff_id, d.id AS department_id
    FROM contacts_staff s
    JOIN contacts_department d ON d.wecom_id = ANY(s.department_wecom_ids) AND NOT d.is_gone
),
departments AS (
    SELECT f.contact_id, array_agg(DISTINCT sd.department_id::int) AS ids
    FROM contacts_follow f JOIN staff_departments sd ON sd.staff_id = f.staff_id
    WHERE f.status = 'active' AND {scope:f.contact_id} GROUP BY f.contact_id
),
tags AS (
    SELECT carried.contact_id, array_agg(DISTINCT carried.tag_id::int) AS ids
    FROM (
        SELECT f.contact_id, ft.tag_id
        FROM contacts_follow f JOIN contacts_followtag ft ON ft.follow_id = f.id
        WHERE f.status = 'active' AND {scope:f.contact_id}
        UNION ALL
        SELECT ct.contact_id, ct.tag_id
        FROM contacts_contacttag ct WHERE {scope:ct.contact_id}
    ) carried
    JOIN contacts_tag t ON t.id = carried.tag_id AND NOT t.is_gone
    GROUP BY carried.contact_id
),
bought AS (
    SELECT o.contact_id, count(*) AS order_count, count(DISTINCT o.paid_on) AS order_days,
        sum(o.amount_fen) AS revenue_fen, sum(o.refunded_fen) AS refunded_fen,
        min(o.paid_on) AS first_order_on, max(o.paid_on) AS last_order_on
    FROM contacts_order o WHERE {scope:o.contact_id} GROUP BY o.contact_id
)"""

_JOINS = """
FROM chosen
LEFT JOIN follows ON follows.contact_id = chosen.id
LEFT JOIN departments ON departments.contact_id = chosen.id
LEFT JOIN tags ON tags.contact_id = chosen.id
LEFT JOIN bought ON bought.contact_id = chosen.id
LEFT JOIN contacts_preference asked ON asked.contact_id = chosen.id"""


def _statement(scope: _Scope) -> str:
    supplied = list(_supplies.values())
    values = _OWN | {
        column.column: f"COALESCE(more_{column.column}.value, {column.empty_sql})"
        for column in supplied
    }
    ctes = _SOURCES.format(scope=scope) + "".join(
        f",\nmore_{column.column} AS ({column.values_sql.format(scope=scope)})"
        for column in supplied
    )
    joins = _JOINS + "".join(
        f"\nLEFT JOIN more_{column.column} ON more_{column.column}.contact_id = chosen.id"
        for column in supplied
    )
    names = ", ".join(values)
    selected = ", ".join(f"{sql} AS {name}" for name, sql in values.items())
    stored = ", ".join(f"stored.{name}" for name in values)
    made = ", ".join(f"made.{name}" for name in values)
    updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in values)
    # Unchanged rows are left out before the INSERT, which would lock every row it meets.
    return (
        f"WITH {ctes}\n"  # noqa: S608 - made of constants
        f"INSERT INTO contacts_contactfacts (contact_id, {names})\n"
        f"SELECT made.contact_id, {made}\n"
        f"FROM (SELECT chosen.id AS contact_id, {selected}{joins}) made\n"
        "LEFT JOIN contacts_contactfacts stored ON stored.contact_id = made.contact_id\n"
        f"WHERE stored.contact_id IS NULL OR ({stored}) IS DISTINCT FROM ({made})\n"
        "ORDER BY made.contact_id\n"
        f"ON CONFLICT (contact_id) DO UPDATE SET {updates}"
    )
