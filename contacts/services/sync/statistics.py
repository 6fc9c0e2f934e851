"""What the planner knows of tables that grow faster than the server looks at them."""

from __future__ import annotations

from django.db import connection

# Pages below which no plan is bad enough to be noticed.
_SMALL = 10

# With no rows known on pages that are there, every later page counts as empty, too: what vacuum
# leaves behind when all rows of a table were taken back.
_OUTGROWN = """
SELECT quote_ident(c.relname)
FROM pg_class c
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
    AND (c.relname LIKE 'contacts\\_%%' OR c.relname LIKE 'groups\\_%%')
    AND pg_relation_size(c.oid) > current_setting('block_size')::bigint
        * CASE WHEN c.reltuples = 0 THEN 0 ELSE 2 * greatest(c.relpages, %s) END
ORDER BY c.relname
"""


def keep_planner_informed() -> list[str]:
    """Analyse the tables of a walk that are twice as large as the planner thinks; their names.

    A walk writes millions of rows into tables that may be new, and joining them as if they were
    empty takes time with the square of a page. A table is looked at once for each doubling.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OUTGROWN, [_SMALL])
        outgrown = [name for (name,) in cursor.fetchall()]
        for name in outgrown:
            cursor.execute(f"ANALYZE {name}")
    return outgrown
