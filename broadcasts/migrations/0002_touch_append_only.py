"""The database refuses to change or remove a touch: statistics and caps rest on the ledger."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION broadcasts_touch_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'touches are append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER broadcasts_touch_append_only BEFORE UPDATE OR DELETE ON broadcasts_touch
    FOR EACH STATEMENT EXECUTE FUNCTION broadcasts_touch_is_append_only();
"""
BACKWARDS = """
DROP TRIGGER broadcasts_touch_append_only ON broadcasts_touch;
DROP FUNCTION broadcasts_touch_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("broadcasts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
