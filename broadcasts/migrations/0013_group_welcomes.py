"""Welcomes of groups in the library of WeCom."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("broadcasts", "0012_journey_due_runs"),
        ("groups", "0007_join_ways"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GroupWelcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("notifies", models.BooleanField(default=True, verbose_name="owners are told")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("making", "Being made"),
                            ("refused", "Refused by WeCom"),
                            ("unknown", "Not known whether it was made"),
                            ("live", "In WeCom's library"),
                        ],
                        default="making",
                        max_length=7,
                        verbose_name="status",
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=256, verbose_name="problem")),
                (
                    "template_id",
                    models.CharField(blank=True, max_length=64, verbose_name="WeCom id"),
                ),
                ("is_written", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="updated at")),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        related_name="+",
                        to="groups.groupchat",
                        verbose_name="meant for groups",
                    ),
                ),
                (
                    "material",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="broadcasts.material",
                        verbose_name="attachment",
                    ),
                ),
            ],
            options={
                "verbose_name": "group welcome",
                "verbose_name_plural": "group welcomes",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["making", "refused", "unknown", "live"])
                        ),
                        name="group_welcome_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status", "live"), models.Q(("template_id", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("status", "live"), _negated=True), ("template_id", "")
                            ),
                            _connector="OR",
                        ),
                        name="group_welcome_live_iff_wecom_id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True),
                            ("material__isnull", False),
                            _connector="OR",
                        ),
                        name="group_welcome_says_something",
                    ),
                ],
            },
        ),
    ]
