"""What is kept may be of one channel, whose state has up to 64 characters."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0015_report_segments")]

    operations = [
        migrations.AlterField(
            model_name="keptanswer",
            name="name",
            field=models.CharField(max_length=96),
        ),
    ]
