"""Which tables and columns a figure is read from (数据血缘), asked of the database itself.

Nobody writes this down: the statements that a figure sends are caught on their way, each becomes a
view for a moment, and Postgres says which columns a view depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from analytics.metrics.lineage import Lineage

_VIEW = "figure_lineage"
_COLUMNS = f"""
SELECT DISTINCT c.relname, a.attname
FROM pg_depend d
JOIN pg_rewrite r ON r.oid = d.objid
JOIN pg_class c ON c.oid = d.refobjid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
    AND r.ev_class = 'pg_temp.{_VIEW}'::regclass AND c.oid <> r.ev_class AND a.attnum > 0
ORDER BY 1, 2
"""  # noqa: S608 – a name of our own


def sources_of(read: Callable[[], object]) -> Lineage:
    """The columns of all statements that `read` sends to the database."""
    with _caught() as statements:
        read()
    return merged(*(columns_of(statement) for statement in dict.fromkeys(statements)))


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
def _caught() -> Iterator[list[str]]:
    statements: list[str] = []

    def listen(
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,  # noqa: FBT001 – Django's signature
        context: dict[str, Any],
    ) -> Any:
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            bound = context["cursor"].mogrify(sql, params) if params else sql
            statements.append(bound.decode() if isinstance(bound, bytes) else bound)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        yield statements
