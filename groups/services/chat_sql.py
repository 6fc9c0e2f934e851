"""The statements that take groups and members over from temporary tables."""

from __future__ import annotations

CHATS = """
WITH known AS (
    SELECT g.id, g.chat_id, g.name, g.owner_userid, g.notice, g.status, g.dismissed_at
    FROM pg_temp.incoming_chat i JOIN groups_groupchat g ON g.chat_id = i.chat_id
),
written AS (
    INSERT INTO groups_groupchat AS g (chat_id, name, owner_id, owner_userid, notice, status,
        member_version, read_version, created_at)
    SELECT i.chat_id, i.name, s.id, i.owner_userid, i.notice, COALESCE(i.status, known.status, 0),
        i.member_version, i.member_version, i.created_at
    FROM pg_temp.incoming_chat i
    LEFT JOIN contacts_staff s ON lower(s.userid) = lower(i.owner_userid)
    LEFT JOIN known ON known.chat_id = i.chat_id
    ORDER BY i.chat_id
    ON CONFLICT (chat_id) DO UPDATE SET name = EXCLUDED.name, owner_id = EXCLUDED.owner_id,
        owner_userid = EXCLUDED.owner_userid, notice = EXCLUDED.notice, status = EXCLUDED.status,
        member_version = EXCLUDED.member_version, read_version = EXCLUDED.read_version,
        dismissed_at = NULL
    WHERE (g.name, g.owner_id, g.owner_userid, g.notice, g.status, g.member_version,
            g.read_version, g.dismissed_at)
        IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.owner_id, EXCLUDED.owner_userid,
            EXCLUDED.notice, EXCLUDED.status, EXCLUDED.member_version, EXCLUDED.read_version,
            NULL)
    RETURNING g.id, g.name, g.owner_userid, g.notice, g.created_at
)
INSERT INTO pg_temp.chat_change
    (group_id, change, at, name_before, owner_before, was_dismissed)
SELECT w.id,
    CASE
        WHEN known.id IS NULL THEN 'new'
        WHEN (known.name, known.owner_userid, known.notice)
            IS DISTINCT FROM (w.name, w.owner_userid, w.notice) THEN 'changed'
        ELSE 'same'
    END, w.created_at, known.name, known.owner_userid, known.dismissed_at IS NOT NULL
FROM written w LEFT JOIN known ON known.id = w.id
"""

# New groups have no history.
GROUP_EVENTS = """
INSERT INTO groups_groupevent (group_id, kind, at, before, after)
SELECT g.id, 'back', %(now)s, '', ''
FROM pg_temp.chat_change ch JOIN groups_groupchat g ON g.id = ch.group_id
WHERE ch.change <> 'new' AND ch.was_dismissed
UNION ALL
SELECT g.id, 'owner', %(now)s, ch.owner_before, g.owner_userid
FROM pg_temp.chat_change ch JOIN groups_groupchat g ON g.id = ch.group_id
WHERE ch.change = 'changed' AND lower(ch.owner_before) <> lower(g.owner_userid)
UNION ALL
SELECT g.id, 'name', %(now)s, ch.name_before, g.name
FROM pg_temp.chat_change ch JOIN groups_groupchat g ON g.id = ch.group_id
WHERE ch.change = 'changed' AND ch.name_before <> g.name
"""

CHANGED_GROUPS = """
SELECT group_id FROM pg_temp.chat_change UNION SELECT group_id FROM pg_temp.member_change
"""

# What an event does not tell of a member stays as a full read had written it.
JOINED = """
WITH told AS (
    SELECT g.id AS group_id, c.id AS contact_id, i.*
    FROM pg_temp.incoming_member i
    JOIN groups_groupchat g ON g.chat_id = i.chat_id
    LEFT JOIN contacts_contact c ON i.kind = 2 AND c.external_userid = i.member_id
),
known AS (
    SELECT m.id, m.group_id, m.member_id, m.left_at
    FROM told JOIN groups_groupmember m USING (group_id, member_id)
),
written AS (
    INSERT INTO groups_groupmember AS m (group_id, member_id, kind, contact_id, name,
        group_nickname, unionid, joined_at, join_scene, invitor_userid, state)
    SELECT group_id, member_id, kind, contact_id, name, group_nickname, unionid, joined_at,
        join_scene, invitor_userid, state
    FROM told ORDER BY group_id, member_id
    ON CONFLICT (group_id, member_id) DO UPDATE SET kind = EXCLUDED.kind,
        contact_id = COALESCE(EXCLUDED.contact_id, m.contact_id),
        name = COALESCE(NULLIF(EXCLUDED.name, ''), m.name),
        group_nickname = EXCLUDED.group_nickname,
        unionid = COALESCE(NULLIF(EXCLUDED.unionid, ''), m.unionid),
        joined_at = EXCLUDED.joined_at,
        join_scene = COALESCE(EXCLUDED.join_scene, m.join_scene),
        invitor_userid = COALESCE(NULLIF(EXCLUDED.invitor_userid, ''), m.invitor_userid),
        state = COALESCE(NULLIF(EXCLUDED.state, ''), m.state), left_at = NULL, quit_scene = NULL
    WHERE (m.contact_id, m.name, m.group_nickname, m.unionid, m.joined_at, m.join_scene,
            m.invitor_userid, m.state, m.left_at)
        IS DISTINCT FROM (COALESCE(EXCLUDED.contact_id, m.contact_id),
            COALESCE(NULLIF(EXCLUDED.name, ''), m.name), EXCLUDED.group_nickname,
            COALESCE(NULLIF(EXCLUDED.unionid, ''), m.unionid), EXCLUDED.joined_at,
            COALESCE(EXCLUDED.join_scene, m.join_scene),
            COALESCE(NULLIF(EXCLUDED.invitor_userid, ''), m.invitor_userid),
            COALESCE(NULLIF(EXCLUDED.state, ''), m.state), NULL)
    RETURNING m.id, m.group_id, m.member_id, m.contact_id, m.joined_at
)
INSERT INTO pg_temp.member_change (group_id, member_id, contact_id, change, at)
SELECT w.group_id, w.member_id, w.contact_id, 'joined', w.joined_at
FROM written w LEFT JOIN known ON known.id = w.id
WHERE known.id IS NULL OR known.left_at IS NOT NULL
"""

LEFT = """
WITH gone AS (
    UPDATE groups_groupmember m SET left_at = greatest(m.joined_at, %(now)s), quit_scene = NULL
    FROM groups_groupchat g JOIN pg_temp.incoming_chat i ON i.chat_id = g.chat_id
    WHERE m.group_id = g.id AND m.left_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM pg_temp.incoming_member im
        WHERE im.chat_id = g.chat_id AND im.member_id = m.member_id)
    RETURNING m.group_id, m.member_id, m.contact_id, m.left_at
)
INSERT INTO pg_temp.member_change (group_id, member_id, contact_id, change, at)
SELECT group_id, member_id, contact_id, 'left', left_at FROM gone
"""

NAMED_LEFT = """
WITH gone AS (
    UPDATE groups_groupmember m SET left_at = greatest(m.joined_at, %(at)s),
        quit_scene = %(scene)s
    WHERE m.group_id = %(group)s AND m.left_at IS NULL AND m.member_id = ANY(%(ids)s)
    RETURNING m.group_id, m.member_id, m.contact_id, m.left_at
)
INSERT INTO pg_temp.member_change (group_id, member_id, contact_id, change, at)
SELECT group_id, member_id, contact_id, 'left', left_at FROM gone
"""

# An event names ids alone; ours are staff, all others are outside people.
KINDS = """
UPDATE pg_temp.incoming_member i SET kind = CASE WHEN EXISTS (
    SELECT 1 FROM contacts_staff s WHERE lower(s.userid) = lower(i.member_id)) THEN 1 ELSE 2 END
"""

EVENTS = """
INSERT INTO contacts_contactevent (contact_id, kind, at, details)
SELECT ch.contact_id, ch.change || '_group', ch.at,
    jsonb_build_object('group_id', g.id, 'group', g.name)
FROM pg_temp.member_change ch JOIN groups_groupchat g ON g.id = ch.group_id
WHERE ch.contact_id IS NOT NULL
ORDER BY ch.contact_id
"""

# A new group is one gap, however many are in it. What happened in these minutes may have its event
# still on the way.
GAPS = """
INSERT INTO wecom_syncgap (run_id, kind, subject, found_at)
SELECT %(run)s, 'group_' || ch.change, left(g.chat_id, 160), %(now)s
FROM pg_temp.chat_change ch JOIN groups_groupchat g ON g.id = ch.group_id
WHERE ch.change = 'changed' OR (ch.change = 'new' AND ch.at <= %(recent)s)
UNION ALL
SELECT %(run)s, 'member_' || ch.change, left(g.chat_id || ' – ' || ch.member_id, 160), %(now)s
FROM pg_temp.member_change ch JOIN groups_groupchat g ON g.id = ch.group_id
WHERE NOT (ch.change = 'joined' AND ch.at > %(recent)s)
    AND NOT EXISTS (SELECT 1 FROM pg_temp.chat_change born
        WHERE born.group_id = ch.group_id AND born.change = 'new')
"""
