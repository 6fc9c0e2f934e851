"""The statements that take customers and follow relations over from temporary tables."""

from __future__ import annotations

CONTACTS = """
INSERT INTO contacts_contact (external_userid, name, kind, gender, avatar, corp_name, position,
    unionid, phone, profile, relation, first_followed_at, stage, stage_since, lost_kind,
    content_hash)
SELECT i.external_userid, i.name, i.kind, i.gender, i.avatar, i.corp_name, i.position, i.unionid,
    i.phone, '{}', 'friend', i.first_followed_at, 'new', i.first_followed_at, '', i.content_hash
FROM pg_temp.incoming_contact i
LEFT JOIN contacts_contact known ON known.external_userid = i.external_userid
WHERE known.id IS NULL OR known.content_hash <> i.content_hash
ORDER BY i.external_userid
ON CONFLICT (external_userid) DO UPDATE SET
    name = EXCLUDED.name, kind = EXCLUDED.kind, gender = EXCLUDED.gender,
    avatar = EXCLUDED.avatar, corp_name = EXCLUDED.corp_name, position = EXCLUDED.position,
    unionid = CASE WHEN EXCLUDED.unionid = '' THEN contacts_contact.unionid
        ELSE EXCLUDED.unionid END,
    content_hash = EXCLUDED.content_hash
RETURNING id, (xmax = 0) AS is_new
"""

RESOLVE = """
UPDATE pg_temp.incoming_follow i SET contact_id = c.id, staff_id = s.id
FROM contacts_contact c, contacts_staff s
WHERE c.external_userid = i.external_userid AND lower(s.userid) = lower(i.userid)
"""

# An ended relation lives again when WeCom says it was made after its end. Without such a date it
# lives again unless the customer ended it: WeCom goes on listing those whom only one side has.
# An end younger than the answer we hold is believed more than the answer.
_RETURNS = """(
    EXCLUDED.added_at > f.ended_at
    OR (f.status <> 'by_contact' AND f.ended_at < %(settled_before)s)
)"""

FOLLOWS = f"""
WITH known AS (
    SELECT f.id, f.status, f.remark, f.content_hash, f.ended_at, f.contact_id, f.staff_id
    FROM pg_temp.incoming_follow i
    JOIN contacts_follow f ON f.contact_id = i.contact_id AND f.staff_id = i.staff_id
),
written AS (
    INSERT INTO contacts_follow AS f (contact_id, staff_id, status, added_at, ended_at, add_way,
        state, remark, description, remark_mobiles, oper_userid, content_hash)
    SELECT i.contact_id, i.staff_id, 'active', i.added_at, NULL, i.add_way, i.state, i.remark,
        i.description, i.remark_mobiles, i.oper_userid, i.content_hash
    FROM pg_temp.incoming_follow i
    LEFT JOIN known ON known.contact_id = i.contact_id AND known.staff_id = i.staff_id
    WHERE known.id IS NULL OR known.content_hash <> i.content_hash
        OR (known.status <> 'active' AND (i.added_at > known.ended_at OR (
            known.status <> 'by_contact' AND known.ended_at < %(settled_before)s)))
    ORDER BY i.contact_id, i.staff_id
    ON CONFLICT (contact_id, staff_id) DO UPDATE SET
        status = CASE WHEN {_RETURNS} THEN 'active' ELSE f.status END,
        ended_at = CASE WHEN {_RETURNS} THEN NULL ELSE f.ended_at END,
        added_at = EXCLUDED.added_at, add_way = EXCLUDED.add_way, state = EXCLUDED.state,
        remark = EXCLUDED.remark, description = EXCLUDED.description,
        remark_mobiles = EXCLUDED.remark_mobiles, oper_userid = EXCLUDED.oper_userid,
        content_hash = EXCLUDED.content_hash
    RETURNING f.id, f.contact_id, f.staff_id, f.status, f.remark, f.added_at, f.content_hash
)
INSERT INTO pg_temp.follow_change (follow_id, contact_id, staff_id, added_at, remark, change)
SELECT w.id, w.contact_id, w.staff_id, w.added_at, w.remark,
    CASE
        WHEN known.id IS NULL THEN 'new'
        WHEN known.status <> 'active' AND w.status = 'active' THEN 'returned'
        WHEN known.remark <> w.remark THEN 'remarked'
        WHEN known.content_hash <> w.content_hash THEN 'edited'
        ELSE 'same'
    END
FROM written w LEFT JOIN known ON known.id = w.id
"""  # noqa: S608 - made of constants

FOLLOW_IDS = """
UPDATE pg_temp.incoming_follow i SET follow_id = f.id
FROM contacts_follow f WHERE f.contact_id = i.contact_id AND f.staff_id = i.staff_id
"""

# Relations made, or made anew, by this page: the tags they came with are no event of their own.
_BORN = """(SELECT born.follow_id FROM pg_temp.follow_change born
    WHERE born.change IN ('new', 'returned'))"""

FOLLOW_TAGS = f"""
WITH carried AS MATERIALIZED (
    SELECT i.follow_id, t.id AS tag_id
    FROM pg_temp.incoming_follow i CROSS JOIN unnest(i.tag_ids) AS told(tag_id)
    JOIN contacts_tag t ON t.tag_id = told.tag_id
    WHERE i.follow_id IS NOT NULL
),
stored AS MATERIALIZED (
    SELECT ft.id, ft.follow_id, ft.tag_id
    FROM pg_temp.incoming_follow i JOIN contacts_followtag ft ON ft.follow_id = i.follow_id
),
removed AS (
    DELETE FROM contacts_followtag ft USING (
        SELECT s.id FROM stored s LEFT JOIN carried c USING (follow_id, tag_id)
        WHERE c.tag_id IS NULL
    ) gone WHERE ft.id = gone.id
    RETURNING ft.follow_id, ft.tag_id
),
added AS (
    INSERT INTO contacts_followtag (follow_id, tag_id)
    SELECT follow_id, tag_id FROM carried EXCEPT SELECT follow_id, tag_id FROM stored
    ORDER BY follow_id, tag_id
    ON CONFLICT DO NOTHING
    RETURNING follow_id, tag_id
),
moved AS (
    SELECT follow_id, tag_id, 'tagged' AS change FROM added WHERE follow_id NOT IN {_BORN}
    UNION ALL SELECT follow_id, tag_id, 'untagged' FROM removed
)
INSERT INTO pg_temp.follow_change (follow_id, contact_id, staff_id, change, tags)
SELECT i.follow_id, i.contact_id, i.staff_id, moved.change,
    (SELECT jsonb_agg(t.name ORDER BY t.name) FROM contacts_tag t
     WHERE t.id = ANY(array_agg(moved.tag_id)))
FROM moved JOIN pg_temp.incoming_follow i ON i.follow_id = moved.follow_id
GROUP BY i.follow_id, i.contact_id, i.staff_id, moved.change
"""  # noqa: S608 - made of constants

EVENTS = """
INSERT INTO contacts_contactevent (contact_id, kind, at, details)
SELECT ch.contact_id,
    CASE WHEN ch.change IN ('new', 'returned') THEN 'followed' ELSE ch.change END,
    CASE WHEN ch.change IN ('new', 'returned') THEN ch.added_at ELSE %(now)s END,
    jsonb_strip_nulls(jsonb_build_object(
        'staff_id', ch.staff_id, 'staff', s.name, 'tags', ch.tags,
        'remark', CASE WHEN ch.change = 'remarked' THEN ch.remark END))
FROM pg_temp.follow_change ch JOIN contacts_staff s ON s.id = ch.staff_id
WHERE ch.change IN ('new', 'returned', 'remarked', 'tagged', 'untagged')
ORDER BY ch.contact_id
"""

# A relation made in these minutes may have its event still on the way.
GAPS = """
INSERT INTO wecom_syncgap (run_id, kind, subject, found_at)
SELECT %(run)s, 'follow_' || ch.change, s.userid || ' – ' || c.external_userid, %(now)s
FROM pg_temp.follow_change ch
JOIN contacts_contact c ON c.id = ch.contact_id
JOIN contacts_staff s ON s.id = ch.staff_id
WHERE ch.change <> 'same'
    AND NOT (ch.change IN ('new', 'returned') AND ch.added_at > %(recent)s)
"""

# Customers whose own row may follow: tags are no part of it.
MOVED = """
SELECT DISTINCT contact_id FROM pg_temp.follow_change
WHERE change IN ('new', 'returned', 'remarked', 'edited')
"""

# MATERIALIZED, because beside a table that is just being filled, and looks empty to the planner, it
# would work the parts out anew for each of thousands of rows.
DERIVE = """
WITH derived AS MATERIALIZED (
    SELECT f.contact_id, bool_or(f.status = 'active') AS is_friend,
        min(f.added_at) AS first_added_at, max(f.ended_at) AS last_ended_at,
        (array_agg(f.remark_mobiles[1] ORDER BY f.status = 'active' DESC, f.added_at DESC, f.id)
            FILTER (WHERE cardinality(f.remark_mobiles) > 0))[1] AS phone
    FROM contacts_follow f WHERE f.contact_id = ANY(%(ids)s) GROUP BY f.contact_id
),
wanted AS MATERIALIZED (
    SELECT c.id, CASE WHEN d.is_friend THEN 'friend' ELSE 'lost' END AS relation,
        CASE WHEN d.is_friend THEN NULL ELSE d.last_ended_at END AS lost_at,
        least(c.first_followed_at, d.first_added_at) AS first_followed_at,
        COALESCE(left(d.phone, 20), c.phone) AS phone
    FROM contacts_contact c JOIN derived d ON d.contact_id = c.id
    WHERE c.id = ANY(%(ids)s)
)
UPDATE contacts_contact c SET relation = w.relation, lost_at = w.lost_at,
    first_followed_at = w.first_followed_at, phone = w.phone
FROM wanted w
WHERE c.id = w.id AND (c.relation, c.lost_at, c.first_followed_at, c.phone)
    IS DISTINCT FROM (w.relation, w.lost_at, w.first_followed_at, w.phone)
"""

# `{which}` says which active relations end.
END = """
WITH ended AS (
    UPDATE contacts_follow f SET status = %(status)s, ended_at = greatest(f.added_at, %(at)s)
    WHERE f.status = 'active' AND {which}
    RETURNING f.contact_id, f.staff_id, f.status, f.ended_at
),
told AS (
    INSERT INTO contacts_contactevent (contact_id, kind, at, details)
    SELECT e.contact_id, 'unfollowed', e.ended_at,
        jsonb_build_object('staff_id', e.staff_id, 'staff', s.name, 'by', e.status)
    FROM ended e JOIN contacts_staff s ON s.id = e.staff_id
    ORDER BY e.contact_id
)
SELECT e.contact_id, s.userid || ' – ' || c.external_userid
FROM ended e
JOIN contacts_contact c ON c.id = e.contact_id
JOIN contacts_staff s ON s.id = e.staff_id
"""
