"""Journeys say which segments they need, so that nobody archives them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("broadcasts", "0013_group_welcomes"),
        ("contacts", "0016_feeds"),
        ("groups", "0006_covering_days"),
    ]

    operations = [
        migrations.AddField(
            model_name="journey",
            name="segment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.segment",
            ),
        ),
        migrations.AddField(
            model_name="journey",
            name="group_segment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="groups.groupsegment",
            ),
        ),
        migrations.AddField(
            model_name="journey",
            name="rule",
            field=models.JSONField(default=dict),
        ),
    ]
