"""The database itself notes whose orders changed, whoever changes them.

One row a customer and statement, in the transaction of the change. What a refresh of the version
before has not seen is noted here, too.
"""

from django.db import migrations, models
from django.db.models.functions import Now

FORWARDS = """
CREATE FUNCTION analytics_note_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO analytics_stalecustomer (contact_id)
        SELECT DISTINCT contact_id FROM these WHERE contact_id IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO analytics_stalecustomer (contact_id)
        SELECT DISTINCT contact_id FROM those WHERE contact_id IS NOT NULL;
    ELSE
        INSERT INTO analytics_stalecustomer (contact_id)
        SELECT DISTINCT changed.contact_id
        FROM these JOIN those USING (id), LATERAL (
            VALUES (these.contact_id), (those.contact_id)
        ) changed (contact_id)
        WHERE changed.contact_id IS NOT NULL
            AND (these.contact_id, these.paid_on, these.amount_fen, these.refunded_fen)
                IS DISTINCT FROM
                (those.contact_id, those.paid_on, those.amount_fen, those.refunded_fen);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER analytics_orders_added AFTER INSERT ON contacts_order
    REFERENCING NEW TABLE AS these FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_orders();
CREATE TRIGGER analytics_orders_changed AFTER UPDATE ON contacts_order
    REFERENCING NEW TABLE AS these OLD TABLE AS those
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_orders();
CREATE TRIGGER analytics_orders_removed AFTER DELETE ON contacts_order
    REFERENCING OLD TABLE AS those FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_orders();
INSERT INTO analytics_stalecustomer (contact_id)
SELECT DISTINCT contact_id FROM contacts_order
WHERE contact_id IS NOT NULL AND imported_at >= (
    SELECT max(watermark) - interval '15 minutes' FROM analytics_metricsrun WHERE error = ''
);
"""
BACKWARDS = """
DROP TRIGGER analytics_orders_added ON contacts_order;
DROP TRIGGER analytics_orders_changed ON contacts_order;
DROP TRIGGER analytics_orders_removed ON contacts_order;
DROP FUNCTION analytics_note_orders();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0003_value_settings"),
        ("contacts", "0018_preference_jobs"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaleCustomer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contact_id", models.BigIntegerField()),
                ("since", models.DateTimeField(db_default=Now())),
            ],
            options={
                "verbose_name": "customer to refresh",
                "verbose_name_plural": "customers to refresh",
            },
        ),
        migrations.AddField(
            model_name="metricsrun",
            name="checked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="current at"),
        ),
        migrations.AddField(
            model_name="metricsrun",
            name="differences",
            field=models.PositiveIntegerField(
                db_default=0, default=0, verbose_name="differences"
            ),
        ),
        migrations.AddField(
            model_name="metricsrun",
            name="examples",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()), default=list
            ),
        ),
        migrations.AddConstraint(
            model_name="metricsrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("differences__lte", models.F("changed"))),
                name="metrics_run_differences_were_changed",
            ),
        ),
        migrations.RemoveField(model_name="metricsrun", name="tail"),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
