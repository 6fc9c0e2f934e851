"""Webhooks over the API are for administrators alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("broadcasts", "0015_reminder_plans"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="webhookendpoint",
            options={
                "ordering": ["name", "id"],
                "permissions": [("use_webhook_api", "Can manage webhooks over the API")],
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
            },
        ),
    ]
