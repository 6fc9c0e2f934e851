"""The values of profile fields in the facts row, so that segments can ask for them."""

import django.contrib.postgres.indexes
from django.db import migrations, models

FILL = """
UPDATE contacts_contactfacts facts SET profile = known.bare
FROM (
    SELECT c.id, jsonb_object_agg(entry.key, entry.value -> 'value') AS bare
    FROM contacts_contact c, jsonb_each(c.profile) entry
    WHERE c.profile <> '{}' AND entry.value ? 'value' GROUP BY c.id
) known
WHERE facts.contact_id = known.id
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0014_care")]

    operations = [
        migrations.RemoveConstraint(model_name="profilefield", name="profile_field_kind_known"),
        migrations.AddField(
            model_name="contactfacts",
            name="profile",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AlterField(
            model_name="profilefield",
            name="kind",
            field=models.CharField(
                choices=[
                    ("text", "Text"),
                    ("number", "Number"),
                    ("date", "Day"),
                    ("choice", "One of a list"),
                    ("multi", "Several of a list"),
                    ("yes_no", "Yes or no"),
                ],
                default="text",
                max_length=8,
                verbose_name="kind",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="contactfacts",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("profile", {}), _negated=True),
                fields=["profile"],
                name="facts_profile",
                opclasses=["jsonb_path_ops"],
            ),
        ),
        migrations.AddConstraint(
            model_name="profilefield",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["text", "number", "date", "choice", "multi", "yes_no"])
                ),
                name="profile_field_kind_known",
            ),
        ),
    ]
