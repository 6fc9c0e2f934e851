"""What the planner knows of tables that grow faster than the server looks at them."""

from __future__ import annotations

from django.db import connection

# Rows below which no plan is bad enough to be noticed.
_FEW = 1_000

# What this transaction wrote is not among the rows written since the last look yet; what it wrote
# before a look of its own counts twice, so only a table three times as large is looked at again.
_OUTGROWN = """
SELECT quote_ident(c.relname)
FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace
    AND s.n_mod_since_analyze + pg_stat_get_xact_tuples_inserted(c.oid)
        > greatest(2 * c.reltuples, %s)
ORDER BY c.relname
"""


def keep_planner_informed() -> list[str]:
    """Analyse the tables of a walk that have grown threefold since the planner looked; their names.

    A walk writes millions of rows into tables that may be new, or emptied by a walk that was
    undone, and joining them as if nothing were there takes time with the square of a page.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OUTGROWN, [_FEW])
        outgrown = [name for (name,) in cursor.fetchall()]
        for name in outgrown:
            cursor.execute(f"ANALYZE {name}")
    return outgrown
