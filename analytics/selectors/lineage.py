"""Which tables and columns a figure is read from (数据血缘), asked of the database itself.

Nobody writes this down: the statements that a figure sends are caught on their way, each becomes a
view for a moment, and Postgres says which columns a view depends on. A table of sums is asked for
in the same way, by what filling it reads; what lies in temporary tables was read from others before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from analytics.metrics.lineage import Lineage
from analytics.selectors import columns

_VIEW = "figure_lineage"
_COLUMNS = f"""
SELECT DISTINCT c.relname, a.attname
FROM pg_depend d
JOIN pg_rewrite r ON r.oid = d.objid
JOIN pg_class c ON c.oid = d.refobjid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT LIKE 'pg!_temp%' ESCAPE '!'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
    AND r.ev_class = 'pg_temp.{_VIEW}'::regclass AND c.oid <> r.ev_class AND a.attnum > 0
ORDER BY 1, 2
"""  # noqa: S608 – a name of our own


# What fills a table begins so, before its question; what follows on a conflict is none.
_FILLING = re.compile(
    r"\s*(?:CREATE TEMP TABLE \w+ (?:ON COMMIT DROP )?AS|INSERT INTO \S+(?: AS \w+)? \([^)]*\))"
    r"\s+(?=SELECT|WITH|\()",
    re.IGNORECASE,
)
_CONFLICT = re.compile(r"\sON CONFLICT\s", re.IGNORECASE)


def sources_of(
    read: Callable[[], object], *, about: Callable[[str], bool] = lambda _statement: True
) -> Lineage:
    """The columns of all statements that `read` sends to the database, or of those `about`
    something. What `read` writes is undone.
    """
    found: dict[str, Lineage] = {}

    def heard(statement: str) -> None:
        if statement not in found and about(statement):
            found[statement] = columns_of(statement)

    with transaction.atomic(), _listening(heard):
        read()
        transaction.set_rollback(True)
    return merged(*found.values())


def columns_of(statement: str) -> Lineage:
    """The columns that one SELECT depends on; nothing is written."""
    found: Lineage = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP VIEW {_VIEW} AS SELECT FROM ({statement}) asked")
        cursor.execute(_COLUMNS)
        for table, column in cursor.fetchall():
            found.setdefault(table, []).append(column)
        transaction.set_rollback(True)
    return found


def merged(*lineages: Mapping[str, list[str]]) -> Lineage:
    """What several figures are read from."""
    columns: dict[str, set[str]] = {}
    for lineage in lineages:
        for table, names in lineage.items():
            columns.setdefault(table, set()).update(names)
    return {table: sorted(columns[table]) for table in sorted(columns)}


@contextmanager
def _listening(heard: Callable[[str], None]) -> Iterator[None]:
    """Each question is passed on before it is sent, while the temporary tables it names are there."""
    is_asking = False

    def listen(
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,  # noqa: FBT001 – Django's signature
        context: dict[str, Any],
    ) -> Any:
        if not is_asking and not many:
            bound = context["cursor"].mogrify(sql, params) if params else sql
            pass_on(bound.decode() if isinstance(bound, bytes) else bound)
        return execute(sql, params, many, context)

    def pass_on(statement: str) -> None:
        nonlocal is_asking
        question = _question(statement)
        if question:
            is_asking = True
            heard(question)
            is_asking = False

    token = columns.listener.set(pass_on)
    try:
        with connection.execute_wrapper(listen):
            yield
    finally:
        columns.listener.reset(token)


def _question(statement: str) -> str:
    """The SELECT in a statement, "" where it has none."""
    filling = _FILLING.match(statement)
    if filling:
        return _CONFLICT.split(statement[filling.end() :])[0]
    return statement if statement.lstrip().upper().startswith(("SELECT", "WITH")) else ""
