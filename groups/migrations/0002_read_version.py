"""Until which member version a group was read whole. Those there are all count as not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groups", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="groupchat",
            name="read_version",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]
