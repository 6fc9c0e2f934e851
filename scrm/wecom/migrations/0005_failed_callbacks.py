"""Failed callbacks are counted on the home page, among millions that did not fail."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wecom", "0004_check_up")]

    operations = [
        migrations.AddIndex(
            model_name="callbackevent",
            index=models.Index(
                condition=models.Q(("state", "failed")),
                fields=["received_at"],
                name="callback_bad",
            ),
        ),
    ]
