"""How fast a sync moves, for those who watch it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wecom", "0002_callbacks_wait_and_notices")]

    operations = [
        migrations.AddField(
            model_name="syncrun",
            name="rate",
            field=models.FloatField(default=0.0, verbose_name="things a second"),
        ),
    ]
