"""Count what products, price bands and roles have brought (商品分析), from the order ledger.

An order of several products is split among them by what was paid for each where the shop says so
for all of them, else by quantity, to the fen: the parts add up to the order. Refunds are split the
same way. Orders of unknown buyers count as revenue; buyers are known customers.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from contacts.models import AssortmentFigures, AssortmentSettings, Order, OrderItem, Product
from contacts.rules.price_bands import quantile_bounds

_LOCK = 0x61737274
# Counting reads every order, so it may take this part of the time at most.
_REST = 100
_SHORTEST_REST = timedelta(minutes=5)
# The roles in the order of their places.
ROLES = (Product.Role.TRAFFIC, Product.Role.EVENT, Product.Role.PROFIT, Product.Role.NONE)

_LINES = """
CREATE TEMP TABLE product_line ON COMMIT DROP AS
SELECT product_id, order_id, contact_id, paid_on, quantity,
    (trunc(amount_fen * reached / whole) - trunc(amount_fen * (reached - weight) / whole))::bigint
        AS amount_fen,
    (trunc(refunded_fen * reached / whole)
        - trunc(refunded_fen * (reached - weight) / whole))::bigint AS refunded_fen
FROM (
    SELECT weighed.product_id, weighed.order_id, o.contact_id, o.paid_on, weighed.quantity,
        o.amount_fen::numeric AS amount_fen, o.refunded_fen::numeric AS refunded_fen, weight,
        sum(weight) OVER (PARTITION BY order_id ORDER BY weighed.id) AS reached,
        sum(weight) OVER (PARTITION BY order_id) AS whole
    FROM (
        SELECT i.id, i.product_id, i.order_id, i.quantity,
            CASE WHEN bool_and(i.amount_fen IS NOT NULL) OVER one AND sum(i.amount_fen) OVER one > 0
                THEN i.amount_fen ELSE greatest(i.quantity, 1) END::numeric AS weight
        FROM contacts_orderitem i WINDOW one AS (PARTITION BY i.order_id)
    ) weighed JOIN contacts_order o ON o.id = weighed.order_id
) split
"""

_SUMS = """
    sum(orders) AS orders, sum(units) AS units, sum(amount) AS revenue_fen,
    sum(refunded) AS refunded_fen, count(contact_id) AS buyers,
    count(contact_id) FILTER (WHERE days > 1) AS repeat_buyers
"""
_BUYERS = """
    SELECT {what}, contact_id, count(DISTINCT order_id) AS orders, sum(quantity) AS units,
        sum(amount_fen) AS amount, sum(refunded_fen) AS refunded,
        count(DISTINCT paid_on) AS days, max(paid_on) AS last_on
    FROM product_line {joined} GROUP BY {what}, contact_id
"""
_PRODUCTS = f"""
CREATE TEMP TABLE product_sum ON COMMIT DROP AS
SELECT product_id, {_SUMS}, round(sum(amount) / greatest(sum(units), 1))::bigint AS unit_fen,
    max(last_on) AS last_on
FROM ({_BUYERS.format(what="product_id", joined="")}) bought
GROUP BY product_id
"""  # noqa: S608 - made of constants

_COLUMNS = "orders, units, revenue_fen, refunded_fen, buyers, repeat_buyers"
_KEEP_PRODUCTS = (
    "DELETE FROM contacts_productfigures",
    f"""
    INSERT INTO contacts_productfigures (product_id, {_COLUMNS}, unit_fen, band, last_on)
    SELECT product_id, {_COLUMNS}, unit_fen, width_bucket(unit_fen, %(bounds)s::bigint[]), last_on
    FROM product_sum ORDER BY product_id
    """,  # noqa: S608 - made of constants
)
_KEEP_GROUPS = f"""
INSERT INTO contacts_assortmentfigures (grouping, place, products, {_COLUMNS})
SELECT %(grouping)s, place, max(products), {_SUMS}
FROM ({_BUYERS.format(what="place", joined="JOIN placed USING (product_id)")}) bought
JOIN (SELECT place, count(*) AS products FROM placed GROUP BY place) members USING (place)
GROUP BY place
"""  # noqa: S608 - made of constants
_PLACED = {
    "band": """CREATE TEMP TABLE placed ON COMMIT DROP AS
        SELECT product_id, band AS place FROM contacts_productfigures""",
    "role": """CREATE TEMP TABLE placed ON COMMIT DROP AS
        SELECT sums.product_id, array_position(%(roles)s::text[], p.role::text) - 1 AS place
        FROM product_sum sums JOIN contacts_product p ON p.id = sums.product_id""",
}


def assortment_settings() -> AssortmentSettings:
    """The one row, or what it would hold."""
    return AssortmentSettings.objects.filter(pk=1).first() or AssortmentSettings()


def count_products(*, now: datetime) -> bool:
    """Count everything anew; False when another process is at it."""
    began = monotonic()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                return False
        settings, _made = AssortmentSettings.objects.get_or_create(pk=1)
        until = Order.objects.aggregate(newest=Max("imported_at"))["newest"]
        _count(settings)
        AssortmentSettings.objects.filter(pk=1).update(
            answered=settings.asked,
            counted_at=now,
            counted_until=until,
            count_seconds=monotonic() - began,
        )
    return True


def count_if_due(*, now: datetime) -> bool:
    """Count when asked for, or when orders came since; the longer it takes, the rarer."""
    settings = assortment_settings()
    if settings.counted_at is None:
        return OrderItem.objects.exists() and count_products(now=now)
    if settings.asked == settings.answered:
        rest = max(_SHORTEST_REST, timedelta(seconds=_REST * settings.count_seconds))
        if now < settings.counted_at + rest:
            return False
        newest = Order.objects.aggregate(newest=Max("imported_at"))["newest"]
        if newest == settings.counted_until:
            return False
    return count_products(now=now)


def _count(settings: AssortmentSettings) -> None:
    with connection.cursor() as cursor:
        for name in ("product_line", "product_sum", "placed"):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
        cursor.execute(_LINES)
        cursor.execute("ANALYZE product_line")
        cursor.execute(_PRODUCTS)
        bounds = list(settings.bounds_fen) or _own_bounds(cursor)
        for statement in _KEEP_PRODUCTS:
            cursor.execute(statement, {"bounds": bounds})
        AssortmentFigures.objects.all().delete()
        for grouping, placed in _PLACED.items():
            cursor.execute("DROP TABLE IF EXISTS pg_temp.placed")
            cursor.execute(placed, {"roles": [role.value for role in ROLES]})
            cursor.execute(_KEEP_GROUPS, {"grouping": grouping})
    _name_bands(bounds)


def _own_bounds(cursor: Any) -> list[int]:
    cursor.execute("SELECT unit_fen, units::bigint FROM product_sum")
    return quantile_bounds(cursor.fetchall())


def _name_bands(bounds: list[int]) -> None:
    limits = [None, *bounds, None]
    for place in range(len(bounds) + 1):
        AssortmentFigures.objects.update_or_create(
            grouping=AssortmentFigures.Grouping.BAND,
            place=place,
            defaults={"from_fen": limits[place], "below_fen": limits[place + 1]},
        )
