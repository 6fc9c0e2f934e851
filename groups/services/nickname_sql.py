"""The statements that find nicknames to read and keep customers' tags equal to what was read."""

from __future__ import annotations

# Rule `r` is in force for the group in column `{group}`.
_IN_FORCE = """r.state = 'active' AND (r.scope = 'all'
    OR (r.scope = 'groups' AND {group} = ANY(r.group_ids))
    OR (r.scope = 'tags' AND EXISTS (SELECT 1 FROM groups_grouptagmark k
        WHERE k.group_id = {group} AND k.tag_id = ANY(r.tag_ids))))"""

# Member `m` carries a nickname that rules read.
_READABLE = "m.left_at IS NULL AND m.contact_id IS NOT NULL AND m.group_nickname <> ''"

_TO_READ = f"""
    FROM groups_groupmember m
    JOIN groups_nicknamerule r ON {_IN_FORCE.format(group="m.group_id")}
    LEFT JOIN groups_nicknamereading d ON d.member_id = m.id AND d.rule_id = r.id
    WHERE m.group_id = ANY(%(groups)s::bigint[]) AND {_READABLE} AND (d.id IS NULL
        OR d.nickname <> m.group_nickname OR d.version <> r.version
        OR d.contact_id <> m.contact_id)
"""

# Who leaves a group keeps what she last called herself there; who empties her nickname does not.
_OUTDATED = f"""
    FROM groups_nicknamereading d
    JOIN groups_groupmember m ON m.id = d.member_id
    JOIN groups_nicknamerule r ON r.id = d.rule_id
    WHERE m.group_id = ANY(%(groups)s::bigint[])
        AND (m.left_at IS NULL AND m.group_nickname = ''
            OR NOT ({_IN_FORCE.format(group="m.group_id")}))
"""

# Only groups where something is to read or to forget. A row that is there already is locked all
# the same, so that nobody reads the group before our change is seen.
NOTE_DUE = f"""
INSERT INTO groups_nicknamedue AS due (group_id, since)
SELECT group_id, now() FROM (SELECT m.group_id {_TO_READ} UNION SELECT m.group_id {_OUTDATED}) found
ORDER BY group_id ON CONFLICT (group_id) DO UPDATE SET since = due.since
"""  # noqa: S608 - made of constants

# Every group that a rule is about, or was: whoever reads it finds out what is to do.
NOTE_RULE = f"""
INSERT INTO groups_nicknamedue AS due (group_id, since)
SELECT g.id, now() FROM groups_groupchat g
JOIN groups_nicknamerule r ON r.id = %(rule)s
WHERE ({_IN_FORCE.format(group="g.id")} AND g.dismissed_at IS NULL) OR EXISTS (
    SELECT 1 FROM groups_nicknamereading d JOIN groups_groupmember m ON m.id = d.member_id
    WHERE d.rule_id = r.id AND m.group_id = g.id)
ORDER BY g.id ON CONFLICT (group_id) DO UPDATE SET since = due.since
"""  # noqa: S608 - made of constants

# Taken out before it is read: who notes the group meanwhile waits, and then notes it anew.
CLAIM = """
DELETE FROM groups_nicknamedue WHERE group_id IN (
    SELECT group_id FROM groups_nicknamedue ORDER BY since, group_id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED)
RETURNING group_id
"""

FORGET_OUTDATED = f"""
WITH outdated AS (SELECT d.id {_OUTDATED}),
emptied AS (
    DELETE FROM groups_nicknamevalue v USING outdated o WHERE v.reading_id = o.id
)
DELETE FROM groups_nicknamereading d USING outdated o WHERE d.id = o.id RETURNING d.contact_id
"""  # noqa: S608 - made of constants

TO_READ = f"SELECT r.id, m.id, m.contact_id, m.group_nickname {_TO_READ} ORDER BY r.id, m.id"

KEEP_READING = """
INSERT INTO groups_nicknamereading AS d
    (rule_id, member_id, contact_id, nickname, version, problem, at)
SELECT %(rule)s, member_id, contact_id, nickname, %(version)s, problem, %(now)s
FROM unnest(%(members)s::bigint[], %(contacts)s::bigint[], %(nicknames)s::text[],
    %(problems)s::text[]) AS told(member_id, contact_id, nickname, problem)
ORDER BY member_id
ON CONFLICT (rule_id, member_id) DO UPDATE SET contact_id = EXCLUDED.contact_id,
    nickname = EXCLUDED.nickname, version = EXCLUDED.version, problem = EXCLUDED.problem,
    at = CASE WHEN d.nickname = EXCLUDED.nickname THEN d.at ELSE EXCLUDED.at END
RETURNING d.member_id, d.id
"""

KEEP_VALUES = """
INSERT INTO groups_nicknamevalue (reading_id, part_id, text, key, tag_id)
SELECT reading_id, part_id, text, key, tag_id
FROM unnest(%(readings)s::bigint[], %(parts)s::bigint[], %(texts)s::text[], %(keys)s::text[],
    %(tags)s::bigint[]) AS told(reading_id, part_id, text, key, tag_id)
"""

# A customer has one value of each tag group: what she called herself last.
_WANTED = """
wanted AS (
    SELECT DISTINCT ON (d.contact_id, p.tag_group_id) d.contact_id, v.tag_id
    FROM groups_nicknamereading d
    JOIN groups_nicknamevalue v ON v.reading_id = d.id
    JOIN groups_nicknamepart p ON p.id = v.part_id
    JOIN contacts_tag t ON t.id = v.tag_id AND NOT t.is_gone
    WHERE d.contact_id = ANY(%(contacts)s::bigint[])
    ORDER BY d.contact_id, p.tag_group_id, d.at DESC, d.id DESC
)"""

TO_ADD = f"""
WITH {_WANTED}
SELECT w.tag_id, array_agg(w.contact_id ORDER BY w.contact_id) FROM wanted w
WHERE NOT EXISTS (SELECT 1 FROM groups_nicknamemark k
    WHERE k.contact_id = w.contact_id AND k.tag_id = w.tag_id)
GROUP BY w.tag_id ORDER BY w.tag_id
"""  # noqa: S608 - made of constants

TO_REMOVE = f"""
WITH {_WANTED},
gone AS (
    DELETE FROM groups_nicknamemark k
    WHERE k.contact_id = ANY(%(contacts)s::bigint[]) AND NOT EXISTS (
        SELECT 1 FROM wanted w WHERE w.contact_id = k.contact_id AND w.tag_id = k.tag_id)
    RETURNING k.contact_id, k.tag_id
)
SELECT tag_id, array_agg(contact_id ORDER BY contact_id) FROM gone GROUP BY tag_id ORDER BY tag_id
"""  # noqa: S608 - made of constants

REMEMBER = """
INSERT INTO groups_nicknamemark (contact_id, tag_id)
SELECT unnest(%(contacts)s::bigint[]), %(tag)s ORDER BY 1 ON CONFLICT DO NOTHING
"""
