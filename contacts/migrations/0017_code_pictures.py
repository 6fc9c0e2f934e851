"""Pictures of codes, fetched once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0016_feeds"),
    ]

    operations = [
        migrations.CreateModel(
            name="CodePicture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.CharField(max_length=512, unique=True, verbose_name="address")),
                ("content", models.BinaryField()),
                ("fetched_at", models.DateTimeField(verbose_name="fetched at")),
            ],
            options={
                "verbose_name": "picture of a code",
                "verbose_name_plural": "pictures of codes",
            },
        ),
    ]
