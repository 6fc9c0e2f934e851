"""The results of the set-up check."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wecom", "0003_sync_rate")]
    operations = [
        migrations.CreateModel(
            name="CheckUp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="at")),
                ("seconds", models.FloatField(verbose_name="seconds")),
                ("failed", models.PositiveSmallIntegerField(verbose_name="to be mended")),
                ("warned", models.PositiveSmallIntegerField(verbose_name="to be looked at")),
                ("findings", models.JSONField(verbose_name="findings")),
            ],
            options={
                "verbose_name": "set-up check",
                "verbose_name_plural": "set-up checks",
                "permissions": [("run_doctor", "Can see and run the set-up check")],
            },
        ),
    ]
