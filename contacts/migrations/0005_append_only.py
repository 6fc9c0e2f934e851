"""The database refuses to change or remove stage changes and events of customers.

One change is no rewriting of history: who ended a friendship may become known later than that it
ended ("unknown" is filled in).
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION contacts_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER contacts_lifecycletransition_append_only
    BEFORE UPDATE OR DELETE ON contacts_lifecycletransition
    FOR EACH STATEMENT EXECUTE FUNCTION contacts_is_append_only();
CREATE TRIGGER contacts_contactevent_never_removed BEFORE DELETE ON contacts_contactevent
    FOR EACH STATEMENT EXECUTE FUNCTION contacts_is_append_only();
CREATE TRIGGER contacts_contactevent_never_changed BEFORE UPDATE ON contacts_contactevent
    FOR EACH ROW WHEN (
        old.kind <> 'unfollowed' OR old.details->>'by' IS DISTINCT FROM 'unknown'
        OR (new.id, new.kind, new.contact_id) <> (old.id, old.kind, old.contact_id)
    ) EXECUTE FUNCTION contacts_is_append_only();
"""
BACKWARDS = """
DROP TRIGGER contacts_lifecycletransition_append_only ON contacts_lifecycletransition;
DROP TRIGGER contacts_contactevent_never_removed ON contacts_contactevent;
DROP TRIGGER contacts_contactevent_never_changed ON contacts_contactevent;
DROP FUNCTION contacts_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0004_search_indexes")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
