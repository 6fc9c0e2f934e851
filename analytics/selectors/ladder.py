"""The product ladder (产品阶梯): first and second purchase day of every buyer, by product and role.

JSON, so that it can be kept over night: {"customers": with products on their first day, "without":
buyers of whom the first day's products are not known, "products" and "roles": [[name, customers,
came back, [[then, customers], …]], …]}.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from analytics.metrics.product_ladder import ROLES, Move, Rung, rungs
from analytics.models import ContactMetrics
from analytics.selectors.scope import Scope, within
from contacts.models import Product

_MOST_PRODUCTS, _MOST_ONWARDS = 30, 8

_RANK = (
    "CASE product.role WHEN 'profit' THEN 3 WHEN 'event' THEN 2 WHEN 'traffic' THEN 1 ELSE 0 END"
)
_STEPS = f"""
CREATE TEMP TABLE ladder_step ON COMMIT DROP AS
SELECT DISTINCT kept.contact_id, placed.paid_on = kept.first_on AS is_first, item.product_id,
    {_RANK} AS role
FROM analytics_contactmetrics kept
JOIN contacts_order placed ON placed.contact_id = kept.contact_id
    AND placed.paid_on IN (kept.first_on, kept.second_on)
JOIN contacts_orderitem item ON item.order_id = placed.id
JOIN contacts_product product ON product.id = item.product_id
WHERE %(everybody)s OR kept.contact_id = ANY(%(contacts)s)
"""  # noqa: S608 – constants of this module
# {what}: product_id, or the highest role of the day.
_BEGAN = """
SELECT first.what, count(*), count(*) FILTER (WHERE kept.second_on IS NOT NULL)
FROM (SELECT contact_id, {what} AS what FROM ladder_step WHERE is_first {group}) first
JOIN analytics_contactmetrics kept USING (contact_id)
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s
"""
_MOVES = """
SELECT first.what, following.what, count(*)
FROM (SELECT contact_id, {what} AS what FROM ladder_step WHERE is_first {group}) first
JOIN (SELECT contact_id, {what} AS what FROM ladder_step WHERE NOT is_first {group}) following
    USING (contact_id)
WHERE first.what = ANY(%s)
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
_BY_PRODUCT = {"what": "product_id", "group": ""}
_BY_ROLE = {"what": "max(role)", "group": "GROUP BY contact_id"}


def ladder(scope: Scope) -> dict[str, Any]:
    """Needs a transaction; reads the items of two days of every buyer: for the night."""
    contacts = [] if scope is None else list(scope.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.ladder_step")
        cursor.execute(_STEPS, {"everybody": scope is None, "contacts": contacts})
        cursor.execute("ANALYZE ladder_step")
        cursor.execute("SELECT count(DISTINCT contact_id) FROM ladder_step WHERE is_first")
        customers = int(cursor.fetchone()[0])
    buyers = within(ContactMetrics.objects.all(), scope).count()
    by_product, by_role = _counted(_BY_PRODUCT), _counted(_BY_ROLE)
    names = _product_names([*by_product[0], *(move[1] for move in by_product[1])])
    return {
        "customers": customers,
        "without": buyers - customers,
        "products": _as_json(*by_product, name_of=names),
        "roles": _as_json(*by_role, name_of=dict(enumerate(ROLES))),
    }


def _counted(
    shape: dict[str, str],
) -> tuple[dict[int, tuple[int, int]], Sequence[tuple[int, int, int]]]:
    with connection.cursor() as cursor:
        cursor.execute(_BEGAN.format(**shape), [_MOST_PRODUCTS])
        began = {what: (customers, back) for what, customers, back in cursor.fetchall()}
        cursor.execute(_MOVES.format(**shape), [list(began)])
        return began, cursor.fetchall()


def _product_names(ids: Sequence[int]) -> dict[int, str]:
    """Two products of one name are told apart by their numbers."""
    found = list(Product.objects.filter(pk__in=set(ids)).values_list("pk", "name", "sku"))
    often = [name for _pk, name, _sku in found]
    return {pk: name if often.count(name) == 1 else f"{name} ({sku})" for pk, name, sku in found}


def _as_json(
    began: dict[int, tuple[int, int]],
    moves: Sequence[tuple[int, int, int]],
    *,
    name_of: dict[int, str],
) -> list[list[Any]]:
    named: list[Move] = [(name_of[one], name_of[two], how_many) for one, two, how_many in moves]
    found = rungs({name_of[what]: counts for what, counts in began.items()}, named)
    return [_line(rung) for rung in found]


def _line(rung: Rung) -> list[Any]:
    onwards = [[name, how_many] for name, how_many in rung.onwards[:_MOST_ONWARDS]]
    return [rung.name, rung.returned.whole, rung.returned.part, onwards]
