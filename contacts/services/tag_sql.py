"""The statements that mark customers in our own tables."""

from __future__ import annotations

CLAIM = """
WITH picked AS (
    SELECT id FROM contacts_tagjobitem
    WHERE job_id = %(job)s AND state = 0 AND due_at <= %(now)s
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE contacts_tagjobitem i SET due_at = %(until)s, tries = i.tries + 1
FROM picked WHERE i.id = picked.id
RETURNING i.contact_id, i.tries
"""

SETTLE = """
UPDATE contacts_tagjobitem i SET state = told.state
FROM unnest(%(contacts)s::bigint[], %(states)s::smallint[]) AS told(contact_id, state)
WHERE i.job_id = %(job)s AND i.contact_id = told.contact_id AND i.state = 0
RETURNING i.state
"""

PUT_BACK = """
UPDATE contacts_tagjobitem i SET due_at = %(due_at)s,
    tries = i.tries - CASE WHEN %(uncounted)s THEN 1 ELSE 0 END
WHERE i.job_id = %(job)s AND i.contact_id = ANY(%(contacts)s::bigint[]) AND i.state = 0
"""

_TOLD = """
told AS (
    INSERT INTO contacts_contactevent (contact_id, kind, at, details)
    SELECT m.contact_id, '{kind}', %(now)s, jsonb_strip_nulls(jsonb_build_object(
        'tags', jsonb_agg(t.name ORDER BY t.name), 'operator', nullif(%(by)s, '')))
    FROM moved m JOIN contacts_tag t ON t.id = m.tag_id
    GROUP BY m.contact_id ORDER BY m.contact_id
)"""

ADD_INTERNAL = f"""
WITH moved AS (
    INSERT INTO contacts_contacttag (contact_id, tag_id, at)
    SELECT c.id, t.id, %(now)s
    FROM contacts_contact c CROSS JOIN contacts_tag t
    WHERE c.id = ANY(%(contacts)s::bigint[]) AND t.id = ANY(%(tags)s::bigint[]) AND NOT t.is_gone
    ORDER BY c.id, t.id
    ON CONFLICT (contact_id, tag_id) DO NOTHING
    RETURNING contact_id, tag_id
), {_TOLD.format(kind="tagged")}
SELECT DISTINCT contact_id FROM moved
"""  # noqa: S608 - made of constants

REMOVE_INTERNAL = f"""
WITH moved AS (
    DELETE FROM contacts_contacttag ct
    WHERE ct.contact_id = ANY(%(contacts)s::bigint[]) AND ct.tag_id = ANY(%(tags)s::bigint[])
    RETURNING ct.contact_id, ct.tag_id
), {_TOLD.format(kind="untagged")}
SELECT DISTINCT contact_id FROM moved
"""  # noqa: S608 - made of constants

# What is to be asked of WeCom for these customers: one row for each relation, unchanged included.
PAIRS = """
SELECT f.contact_id, f.id, f.staff_id, s.userid, c.external_userid, s.name,
    ARRAY(SELECT t.id FROM contacts_tag t WHERE t.id = ANY(%(add)s::bigint[]) AND NOT t.is_gone
        AND NOT EXISTS (SELECT 1 FROM contacts_followtag ft
            WHERE ft.follow_id = f.id AND ft.tag_id = t.id) ORDER BY t.id),
    ARRAY(SELECT ft.tag_id FROM contacts_followtag ft
        WHERE ft.follow_id = f.id AND ft.tag_id = ANY(%(remove)s::bigint[])
            AND (%(rule)s::bigint IS NULL OR EXISTS (SELECT 1 FROM contacts_tagrulemark m
                WHERE m.rule_id = %(rule)s AND m.contact_id = f.contact_id
                    AND m.follow_id = f.id))
        ORDER BY ft.tag_id)
FROM contacts_follow f
JOIN contacts_staff s ON s.id = f.staff_id
JOIN contacts_contact c ON c.id = f.contact_id
WHERE f.contact_id = ANY(%(contacts)s::bigint[]) AND f.status = 'active'
    AND (%(staff)s::int[] IS NULL OR f.staff_id = ANY(%(staff)s::int[]))
ORDER BY f.contact_id, f.id
"""

ADD_TO_FOLLOWS = """
INSERT INTO contacts_followtag (follow_id, tag_id)
SELECT follow_id, tag_id FROM unnest(%(follows)s::bigint[], %(tags)s::bigint[])
    AS told(follow_id, tag_id)
ORDER BY follow_id, tag_id
ON CONFLICT DO NOTHING
"""

REMOVE_FROM_FOLLOWS = """
DELETE FROM contacts_followtag ft
USING unnest(%(follows)s::bigint[], %(tags)s::bigint[]) AS told(follow_id, tag_id)
WHERE ft.follow_id = told.follow_id AND ft.tag_id = told.tag_id
"""

REMEMBER_MARKS = """
INSERT INTO contacts_tagrulemark (rule_id, contact_id, follow_id)
SELECT %(rule)s, contact_id, follow_id
FROM unnest(%(contacts)s::bigint[], %(follows)s::bigint[]) AS told(contact_id, follow_id)
ON CONFLICT DO NOTHING
"""

FORGET_MARKS = """
DELETE FROM contacts_tagrulemark m
USING unnest(%(contacts)s::bigint[], %(follows)s::bigint[]) AS told(contact_id, follow_id)
WHERE m.rule_id = %(rule)s AND m.contact_id = told.contact_id AND m.follow_id = told.follow_id
"""

REMEMBER_CONTACTS = """
INSERT INTO contacts_tagrulemark (rule_id, contact_id)
SELECT %(rule)s, unnest(%(contacts)s::bigint[])
ON CONFLICT DO NOTHING
"""

FORGET_CONTACTS = """
DELETE FROM contacts_tagrulemark
WHERE rule_id = %(rule)s AND contact_id = ANY(%(contacts)s::bigint[]) AND follow_id IS NULL
"""
