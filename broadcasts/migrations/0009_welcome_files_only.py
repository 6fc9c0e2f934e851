"""A picture of a welcome is its file, and nothing of its own any more."""

import django.db.models.deletion
from django.db import migrations, models

GONE = ("filename", "content", "media_id", "uploaded_at", "error")


class Migration(migrations.Migration):
    dependencies = [("broadcasts", "0008_welcome_files")]
    operations = [
        migrations.RemoveConstraint("welcomepicture", "welcome_picture_uploaded_iff_media_id"),
        *(migrations.RemoveField("welcomepicture", name) for name in GONE),
        migrations.AlterField(
            "welcomepicture",
            "file",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="broadcasts.mediafile",
                verbose_name="file",
            ),
        ),
    ]
