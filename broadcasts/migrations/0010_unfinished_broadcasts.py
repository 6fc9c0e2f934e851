import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What is typed into the composer is kept before it is a broadcast."""

    dependencies = [
        ("broadcasts", "0009_welcome_files_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UnfinishedBroadcast",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField(unique=True)),
                ("values", models.JSONField(verbose_name="values")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("saved_at", models.DateTimeField(verbose_name="saved at")),
                (
                    "broadcast",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unfinished",
                        to="broadcasts.broadcast",
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "unfinished broadcast",
                "verbose_name_plural": "unfinished broadcasts",
            },
        ),
        migrations.AddIndex(
            model_name="unfinishedbroadcast",
            index=models.Index(
                condition=models.Q(("broadcast__isnull", True)),
                fields=["saved_by", "-saved_at"],
                name="unfinished_of_operator",
            ),
        ),
    ]
