"""Facts and days of the groups that are there; customers in several groups are found by an index.

The database refuses to change or remove what happened to a group.
"""

from django.conf import settings
from django.db import migrations

FILL = f"""
INSERT INTO groups_groupfacts (group_id, size, staff, customers, last_joined_at, last_left_at)
SELECT g.id, count(m.id) FILTER (WHERE m.left_at IS NULL),
    count(m.id) FILTER (WHERE m.left_at IS NULL AND m.kind = 1),
    count(m.id) FILTER (WHERE m.left_at IS NULL AND m.contact_id IS NOT NULL),
    max(m.joined_at), max(m.left_at)
FROM groups_groupchat g LEFT JOIN groups_groupmember m ON m.group_id = g.id
GROUP BY g.id;
INSERT INTO groups_groupday (group_id, day, joins, leaves)
SELECT group_id, (at AT TIME ZONE '{settings.TIME_ZONE}')::date, sum(joins), sum(leaves)
FROM (
    SELECT group_id, joined_at AS at, 1 AS joins, 0 AS leaves FROM groups_groupmember
    UNION ALL
    SELECT group_id, left_at, 0, 1 FROM groups_groupmember WHERE left_at IS NOT NULL
) moves
GROUP BY 1, 2;
INSERT INTO groups_groupevent (group_id, kind, at, before, after)
SELECT id, 'dismissed', dismissed_at, '', '' FROM groups_groupchat
WHERE dismissed_at IS NOT NULL;
"""

INDEX = """
CREATE INDEX groups_customers_in_several ON contacts_contactfacts
    ((cardinality(group_ids)) DESC, contact_id DESC) WHERE cardinality(group_ids) >= 2
"""

APPEND_ONLY = """
CREATE TRIGGER groups_groupevent_append_only BEFORE UPDATE OR DELETE ON groups_groupevent
    FOR EACH STATEMENT EXECUTE FUNCTION contacts_is_append_only()
"""


class Migration(migrations.Migration):
    dependencies = [("groups", "0003_statistics"), ("contacts", "0005_append_only")]
    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(INDEX, "DROP INDEX groups_customers_in_several"),
        migrations.RunSQL(
            APPEND_ONLY, "DROP TRIGGER groups_groupevent_append_only ON groups_groupevent"
        ),
    ]
