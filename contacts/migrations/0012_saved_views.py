import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F

_ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("contacts", "0011_notes_and_tasks"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", _ID),
                ("name", models.CharField(max_length=32, verbose_name="name")),
                ("query", models.TextField(blank=True, verbose_name="filter")),
                (
                    "is_shared",
                    models.BooleanField(default=False, verbose_name="shared with the team"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact_views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="saved_view_name_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="DefaultView",
            fields=[
                (
                    "operator",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="default_contact_view",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "view",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.savedview",
                    ),
                ),
            ],
            options={
                "verbose_name": "default view",
                "verbose_name_plural": "default views",
            },
        ),
        migrations.RemoveIndex(model_name="contactfacts", name="facts_last_order"),
        migrations.AddIndex(
            model_name="contactfacts",
            index=models.Index(
                F("last_order_on").desc(nulls_last=True),
                F("contact").desc(),
                name="facts_last_order_first",
            ),
        ),
        migrations.AddIndex(
            model_name="contactfacts",
            index=models.Index(fields=["-order_count", "-contact"], name="facts_most_orders_first"),
        ),
        migrations.AddIndex(
            model_name="contactfacts",
            index=models.Index(
                (F("revenue_fen") - F("refunded_fen")).desc(),
                F("contact").desc(),
                name="facts_most_spend_first",
            ),
        ),
    ]
