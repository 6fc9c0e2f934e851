"""The statements that book orders, over the temporary table `incoming_order`."""

from __future__ import annotations

# (column of the customer, column of the order, MatchKind), the surest first.
MATCHES = (
    ("external_userid", "buyer_ref", "external_userid"),
    ("unionid", "buyer_unionid", "unionid"),
    ("phone", "buyer_phone", "phone"),
    ("unionid", "buyer_ref", "number"),
)

MATCH = """
UPDATE {table} o SET contact_id = known.id, match_kind = '{kind}'{stamp}
FROM (
    SELECT {ours} AS value, min(id) AS id FROM contacts_contact
    WHERE {ours} <> '' {scope} GROUP BY {ours}
) known
WHERE o.contact_id IS NULL AND o.{theirs} <> '' AND o.{theirs} = known.value
RETURNING known.id
"""

# Customers that one of the incoming orders may mean; a few orders then read a few customers.
MENTIONED = """
AND {ours} IN (SELECT {theirs} FROM {table} WHERE contact_id IS NULL AND {theirs} <> '')
"""

# Two that book into one source at once would both count from the same sums.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('contacts.orders:' || %(source)s, 0))"

CONTRADICTIONS = """
SELECT min(line), external_id FROM pg_temp.incoming_order
GROUP BY external_id
HAVING count(*) > 1
    AND count(DISTINCT (paid_at, amount_fen, refunded_fen, buyer_ref, buyer_unionid, buyer_phone))
        > 1
ORDER BY min(line)
"""

# What an order comes without this time stays as it was told before.
COMPLETE = """
UPDATE pg_temp.incoming_order i SET
    buyer_ref = COALESCE(NULLIF(i.buyer_ref, ''), known.buyer_ref),
    buyer_unionid = COALESCE(NULLIF(i.buyer_unionid, ''), known.buyer_unionid),
    buyer_phone = COALESCE(NULLIF(i.buyer_phone, ''), known.buyer_phone),
    refunded_fen = COALESCE(i.refunded_fen, known.refunded_fen)
FROM contacts_order known
WHERE known.source = %(source)s AND known.external_id = i.external_id
    AND (i.refunded_fen IS NULL
        OR i.buyer_ref = '' AND known.buyer_ref <> ''
        OR i.buyer_unionid = '' AND known.buyer_unionid <> ''
        OR i.buyer_phone = '' AND known.buyer_phone <> '')
"""

OVERDRAWN = """
SELECT min(line), external_id, min(amount_fen) FROM pg_temp.incoming_order
WHERE refunded_fen > amount_fen GROUP BY external_id ORDER BY min(line)
"""

# `differs` compares what the shop says; an order that only found its customer is not "changed".
# A match that somebody else committed meanwhile is kept while the buyer is the same.
#
# The day of a refund is what the shop says; else the day of payment when the order comes with it
# for the first time (a file of last year is no news of today), else the moment of booking.
_UPSERT = """
WITH told AS (
    SELECT DISTINCT ON (external_id) line, external_id, buyer_ref, buyer_unionid, buyer_phone,
        paid_at, paid_on, amount_fen, COALESCE(refunded_fen, 0) AS refunded_fen, refunded_at,
        contact_id, match_kind
    FROM pg_temp.incoming_order ORDER BY external_id, line
),
compared AS (
    SELECT told.*, known.id AS known_id, known.contact_id AS known_contact_id,
        known.match_kind AS known_match_kind, known.matched_at AS known_matched_at,
        known.amount_fen AS known_amount_fen, known.refunded_fen AS known_refunded_fen,
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
owned AS (
    SELECT *, CASE WHEN other_buyer THEN contact_id ELSE COALESCE(known_contact_id, contact_id) END
        AS owner_id
    FROM compared
),
chosen AS (
    SELECT *,
        CASE WHEN owner_id IS NULL THEN ''
            WHEN other_buyer OR known_contact_id IS NULL THEN match_kind
            ELSE known_match_kind END AS owner_kind,
        CASE WHEN owner_id IS NULL THEN NULL
            WHEN owner_id = known_contact_id THEN known_matched_at
            ELSE %(now)s END AS owner_since
    FROM owned
),
written AS (
    INSERT INTO contacts_order (source, external_id, contact_id, match_kind, matched_at, buyer_ref,
        buyer_unionid, buyer_phone, paid_at, paid_on, amount_fen, refunded_fen, imported_at)
    SELECT %(source)s, external_id, owner_id, owner_kind, owner_since, buyer_ref, buyer_unionid,
        buyer_phone, paid_at, paid_on, amount_fen, refunded_fen, %(now)s
    FROM chosen
    WHERE differs OR owner_id IS DISTINCT FROM known_contact_id
    ORDER BY line
    ON CONFLICT (source, external_id) DO UPDATE SET
        contact_id = CASE WHEN {kept} THEN contacts_order.contact_id
            ELSE EXCLUDED.contact_id END,
        match_kind = CASE WHEN {kept} THEN contacts_order.match_kind
            ELSE EXCLUDED.match_kind END,
        matched_at = CASE WHEN {kept} THEN contacts_order.matched_at
            ELSE EXCLUDED.matched_at END,
        buyer_ref = EXCLUDED.buyer_ref, buyer_unionid = EXCLUDED.buyer_unionid,
        buyer_phone = EXCLUDED.buyer_phone, paid_at = EXCLUDED.paid_at,
        paid_on = EXCLUDED.paid_on, amount_fen = EXCLUDED.amount_fen,
        refunded_fen = EXCLUDED.refunded_fen, imported_at = EXCLUDED.imported_at,
        txid = CASE WHEN {kept} OR contacts_order.contact_id IS NOT DISTINCT FROM
            EXCLUDED.contact_id THEN contacts_order.txid ELSE EXCLUDED.txid END
    RETURNING id, external_id, contact_id
),
effects AS (
    SELECT c.*, w.id AS order_id, w.contact_id AS written_contact_id
    FROM written w JOIN chosen c USING (external_id)
),
entered AS (
    INSERT INTO contacts_orderentry (order_id, kind, amount_fen, at, happened_on, external_id,
        origin, imported_at)
    SELECT order_id, entry.kind, entry.fen, entry.at,
        COALESCE(entry.day, (entry.at AT TIME ZONE %(zone)s)::date), '', %(origin)s, %(now)s
    FROM effects CROSS JOIN LATERAL (
        VALUES
            (1, 'sale', CASE WHEN known_id IS NULL THEN amount_fen END, paid_at, paid_on),
            (2, 'correction', NULLIF(amount_fen - known_amount_fen, 0), %(now)s, NULL),
            (3, 'refund', NULLIF(COALESCE(known_refunded_fen, 0) - refunded_fen, 0),
                COALESCE(refunded_at, CASE WHEN known_id IS NULL THEN paid_at ELSE %(now)s END),
                NULL)
    ) entry (place, kind, fen, at, day)
    WHERE entry.fen IS NOT NULL
    ORDER BY line, entry.place
),
people AS (
    SELECT written_contact_id AS id FROM effects WHERE written_contact_id IS NOT NULL
    UNION
    SELECT known_contact_id FROM effects WHERE known_contact_id IS NOT NULL
)
SELECT count(*) FILTER (WHERE known_id IS NULL),
    count(*) FILTER (WHERE known_id IS NOT NULL AND differs),
    COALESCE((SELECT array_agg(id ORDER BY id) FROM people), '{{}}')
FROM effects
"""

_SAME_BUYER = """contacts_order.contact_id IS NOT NULL
                AND (contacts_order.buyer_ref, contacts_order.buyer_unionid,
                    contacts_order.buyer_phone)
                = (EXCLUDED.buyer_ref, EXCLUDED.buyer_unionid, EXCLUDED.buyer_phone)"""
UPSERT = _UPSERT.format(kept=_SAME_BUYER)

TOTALS = """
SELECT count(*), count(o.contact_id), COALESCE(sum(o.amount_fen), 0),
    COALESCE(sum(o.refunded_fen), 0)
FROM contacts_order o
JOIN (SELECT DISTINCT external_id FROM pg_temp.incoming_order) told USING (external_id)
WHERE o.source = %(source)s
"""

_TOLD_ITEMS = """
WITH told AS (
    SELECT o.id AS order_id, p.id AS product_id, sum(i.quantity)::int AS quantity,
        sum(i.item_fen)::bigint AS amount_fen
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
        AND told.product_id = item.product_id AND told.quantity = item.quantity
        AND (told.amount_fen IS NULL OR told.amount_fen = item.amount_fen))
"""

_NEW_ITEMS = """
INSERT INTO contacts_orderitem (order_id, product_id, quantity, amount_fen)
SELECT told.order_id, told.product_id, told.quantity, told.amount_fen FROM told
WHERE NOT EXISTS (
    SELECT 1 FROM contacts_orderitem item WHERE item.order_id = told.order_id
        AND item.product_id = told.product_id)
ORDER BY told.order_id, told.product_id
"""

ITEMS = (_PRODUCTS, _TOLD_ITEMS + _DROPPED_ITEMS, _TOLD_ITEMS + _NEW_ITEMS)
