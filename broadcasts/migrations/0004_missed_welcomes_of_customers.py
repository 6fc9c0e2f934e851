"""Missed welcomes of one customer are found without reading those of all."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("broadcasts", "0003_welcomes")]

    operations = [
        migrations.AddIndex(
            model_name="welcomedelivery",
            index=models.Index(
                condition=models.Q(("state", "missed")),
                fields=["external_userid", "-received_at"],
                name="welcome_missed_of_customer",
            ),
        ),
    ]
