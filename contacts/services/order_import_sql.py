"""The statements that put the read lines of an order file together (订单导入)."""

from __future__ import annotations

_COLUMNS = (
    "line, external_id, digest, buyer_ref, buyer_unionid, buyer_phone, paid_at, paid_on, "
    "amount_fen, refunded_fen, sku, product, quantity, item_fen"
)

KEEP_LINES = f"""
INSERT INTO contacts_orderimportline (imported_id, {_COLUMNS})
SELECT %(imported)s, {_COLUMNS} FROM pg_temp.read_order_line
"""  # noqa: S608 - made of constants

# The n-th line of one content is the n-th order of that content, in this file and the next.
NUMBER = """
UPDATE contacts_orderimportline l SET external_id = l.digest || '-' || numbered.n
FROM (
    SELECT id, row_number() OVER (PARTITION BY digest ORDER BY line) AS n
    FROM contacts_orderimportline WHERE imported_id = %(imported)s AND digest <> ''
) numbered
WHERE l.id = numbered.id
"""

# Money of single lines becomes the order's, on each of its lines.
ADD_UP = """
UPDATE contacts_orderimportline l SET
    amount_fen = CASE WHEN %(amount_per_line)s THEN s.amount_fen ELSE l.amount_fen END,
    refunded_fen = CASE WHEN %(refund_per_line)s THEN s.refunded_fen ELSE l.refunded_fen END,
    paid_at = CASE WHEN %(amount_per_line)s THEN s.paid_at ELSE l.paid_at END,
    paid_on = CASE WHEN %(amount_per_line)s THEN s.paid_on ELSE l.paid_on END
FROM (
    SELECT external_id, sum(amount_fen) AS amount_fen, sum(refunded_fen) AS refunded_fen,
        min(paid_at) AS paid_at, min(paid_on) AS paid_on
    FROM contacts_orderimportline WHERE imported_id = %(imported)s
    GROUP BY external_id HAVING count(*) > 1
) s
WHERE l.imported_id = %(imported)s AND l.external_id = s.external_id
"""

# Reasons that lines have only together: `which` is a condition on an order's group of lines.
_REFUSE_GROUPS = """
INSERT INTO contacts_orderimportfault (imported_id, line, external_id, problems)
SELECT l.imported_id, l.line, l.external_id, jsonb_build_array(jsonb_build_object(
    'column', '{column}', 'value', {value}, 'fault', '{fault}'))
FROM contacts_orderimportline l
JOIN (
    SELECT external_id FROM contacts_orderimportline WHERE imported_id = %(imported)s
    GROUP BY external_id HAVING {which}
) wrong USING (external_id)
WHERE l.imported_id = %(imported)s
ON CONFLICT (imported_id, line) DO NOTHING
"""

REFUSE_CONTRADICTIONS = _REFUSE_GROUPS.format(
    column="order_id",
    value="l.external_id",
    fault="another_order",
    which="count(*) > 1 AND count(DISTINCT (paid_at, amount_fen, refunded_fen, buyer_ref,"
    " buyer_unionid, buyer_phone)) > 1",
)
REFUSE_OVER = _REFUSE_GROUPS.format(
    column="refunded",
    value="(l.refunded_fen / 100.0)::numeric(20, 2)::text",
    fault="refund_over_amount",
    which="max(refunded_fen) > min(amount_fen)",
)

# Orders that were tried and refused; `first` is the line that is blamed, the rest are siblings.
REFUSE_NAMED = """
INSERT INTO contacts_orderimportfault (imported_id, line, external_id, problems)
SELECT l.imported_id, l.line, l.external_id, jsonb_build_array(jsonb_build_object(
    'column', named.name, 'value', named.value, 'fault', named.fault))
FROM contacts_orderimportline l
JOIN unnest(%(lines)s::int[], %(columns)s::text[], %(values)s::text[], %(faults)s::text[])
    AS named (line, name, value, fault) ON named.line = l.line
WHERE l.imported_id = %(imported)s
ON CONFLICT (imported_id, line) DO NOTHING
"""

REFUSE_SIBLINGS = """
INSERT INTO contacts_orderimportfault (imported_id, line, external_id, problems)
SELECT l.imported_id, l.line, l.external_id, jsonb_build_array(jsonb_build_object(
    'column', 'order_id', 'value', l.external_id, 'fault', 'bad_sibling'))
FROM contacts_orderimportline l
WHERE l.imported_id = %(imported)s AND l.external_id IN (
    SELECT external_id FROM contacts_orderimportfault
    WHERE imported_id = %(imported)s AND external_id <> '')
ON CONFLICT (imported_id, line) DO NOTHING
"""

DROP_REFUSED = """
DELETE FROM contacts_orderimportline l USING (
    SELECT DISTINCT external_id FROM contacts_orderimportfault
    WHERE imported_id = %(imported)s AND external_id <> ''
) refused
WHERE l.imported_id = %(imported)s AND l.external_id = refused.external_id
"""

COUNTS = """
SELECT (SELECT count(DISTINCT external_id) FROM contacts_orderimportline
        WHERE imported_id = %(imported)s),
    (SELECT count(*) FROM contacts_orderimportfault WHERE imported_id = %(imported)s)
"""
