"""Sums over many days of all groups read an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groups", "0005_tags_nicknames_handover")]

    operations = [
        migrations.RemoveIndex(model_name="groupday", name="group_day_by_day"),
        migrations.AddIndex(
            model_name="groupday",
            index=models.Index(fields=["day"], include=("joins", "leaves"), name="group_day_sums"),
        ),
    ]
