"""The statements of the order import, over the temporary table `incoming_order`."""

from __future__ import annotations

# (column of the customer, column of the order), the surest first.
MATCHES = (
    ("external_userid", "buyer_ref"),
    ("unionid", "buyer_unionid"),
    ("phone", "buyer_phone"),
    ("unionid", "buyer_ref"),
)

MATCH = """
UPDATE {table} o SET contact_id = known.id{stamp}
FROM (
    SELECT {ours} AS value, min(id) AS id FROM contacts_contact
    WHERE {ours} <> '' {scope} GROUP BY {ours}
) known
WHERE o.contact_id IS NULL AND o.{theirs} <> '' AND o.{theirs} = known.value
RETURNING known.id
"""

CONTRADICTIONS = """
SELECT min(line), external_id FROM pg_temp.incoming_order
GROUP BY external_id
HAVING count(*) > 1
    AND count(DISTINCT (paid_at, amount_fen, refunded_fen, buyer_ref, buyer_unionid, buyer_phone))
        > 1
ORDER BY min(line)
"""

# `differs` compares what the file says; an order that only found its customer is not "changed".
UPSERT = """
WITH told AS (
    SELECT DISTINCT ON (external_id) * FROM pg_temp.incoming_order ORDER BY external_id, line
),
compared AS (
    SELECT told.*, known.id AS known_id, known.contact_id AS known_contact_id,
        (known.buyer_ref, known.buyer_unionid, known.buyer_phone)
            IS DISTINCT FROM (told.buyer_ref, told.buyer_unionid, told.buyer_phone) AS other_buyer,
        (known.paid_at, known.amount_fen, known.refunded_fen, known.buyer_ref,
            known.buyer_unionid, known.buyer_phone)
            IS DISTINCT FROM (told.paid_at, told.amount_fen, told.refunded_fen, told.buyer_ref,
            told.buyer_unionid, told.buyer_phone) AS differs
    FROM told
    LEFT JOIN contacts_order known
        ON known.source = %(source)s AND known.external_id = told.external_id
),
chosen AS (
    SELECT *, CASE WHEN other_buyer THEN contact_id ELSE COALESCE(known_contact_id, contact_id) END
        AS owner_id
    FROM compared
),
written AS (
    INSERT INTO contacts_order (source, external_id, contact_id, buyer_ref, buyer_unionid,
        buyer_phone, paid_at, paid_on, amount_fen, refunded_fen, imported_at)
    SELECT %(source)s, external_id, owner_id, buyer_ref, buyer_unionid, buyer_phone, paid_at,
        paid_on, amount_fen, refunded_fen, %(now)s
    FROM chosen
    WHERE differs OR owner_id IS DISTINCT FROM known_contact_id
    ORDER BY line
    ON CONFLICT (source, external_id) DO UPDATE SET contact_id = EXCLUDED.contact_id,
        buyer_ref = EXCLUDED.buyer_ref, buyer_unionid = EXCLUDED.buyer_unionid,
        buyer_phone = EXCLUDED.buyer_phone, paid_at = EXCLUDED.paid_at,
        paid_on = EXCLUDED.paid_on, amount_fen = EXCLUDED.amount_fen,
        refunded_fen = EXCLUDED.refunded_fen, imported_at = EXCLUDED.imported_at,
        txid = CASE WHEN contacts_order.contact_id IS DISTINCT FROM EXCLUDED.contact_id
            THEN EXCLUDED.txid ELSE contacts_order.txid END
    RETURNING external_id, contact_id
),
effects AS (
    SELECT c.known_id, c.known_contact_id, c.differs, w.contact_id
    FROM written w JOIN chosen c USING (external_id)
),
people AS (
    SELECT contact_id AS id FROM effects WHERE contact_id IS NOT NULL
    UNION
    SELECT known_contact_id FROM effects WHERE known_contact_id IS NOT NULL
)
SELECT count(*) FILTER (WHERE known_id IS NULL),
    count(*) FILTER (WHERE known_id IS NOT NULL AND differs),
    COALESCE((SELECT array_agg(id ORDER BY id) FROM people), '{}')
FROM effects
"""

TOTALS = """
SELECT count(*), count(o.contact_id), COALESCE(sum(o.amount_fen), 0),
    COALESCE(sum(o.refunded_fen), 0)
FROM contacts_order o
JOIN (SELECT DISTINCT external_id FROM pg_temp.incoming_order) told USING (external_id)
WHERE o.source = %(source)s
"""

_TOLD_ITEMS = """
WITH told AS (
    SELECT o.id AS order_id, p.id AS product_id, sum(i.quantity)::int AS quantity
    FROM pg_temp.incoming_order i
    JOIN contacts_order o ON o.source = %(source)s AND o.external_id = i.external_id
    JOIN contacts_product p ON p.sku = i.sku
    WHERE i.sku <> ''
    GROUP BY o.id, p.id
)
"""

_PRODUCTS = """
INSERT INTO contacts_product (sku, name, role)
SELECT sku, max(product), '' FROM pg_temp.incoming_order WHERE sku <> ''
GROUP BY sku ORDER BY sku
ON CONFLICT (sku) DO NOTHING
"""

_DROPPED_ITEMS = """
DELETE FROM contacts_orderitem item
USING (SELECT DISTINCT order_id FROM told) orders
WHERE item.order_id = orders.order_id AND NOT EXISTS (
    SELECT 1 FROM told WHERE told.order_id = item.order_id
        AND told.product_id = item.product_id AND told.quantity = item.quantity)
"""

_NEW_ITEMS = """
INSERT INTO contacts_orderitem (order_id, product_id, quantity)
SELECT told.order_id, told.product_id, told.quantity FROM told
WHERE NOT EXISTS (
    SELECT 1 FROM contacts_orderitem item WHERE item.order_id = told.order_id
        AND item.product_id = told.product_id)
ORDER BY told.order_id, told.product_id
"""

ITEMS = (_PRODUCTS, _TOLD_ITEMS + _DROPPED_ITEMS, _TOLD_ITEMS + _NEW_ITEMS)
