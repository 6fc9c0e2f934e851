"""Group codes, and members found by them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0017_code_pictures"),
        ("groups", "0006_covering_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="JoinWay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                (
                    "state",
                    models.CharField(max_length=30, unique=True, verbose_name="channel state"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("making", "Being made"),
                            ("refused", "Refused by WeCom"),
                            ("live", "In use"),
                            ("deleted", "Deleted"),
                        ],
                        default="making",
                        max_length=7,
                        verbose_name="status",
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=256, verbose_name="problem")),
                ("config_id", models.CharField(blank=True, max_length=64, verbose_name="WeCom id")),
                ("address", models.CharField(blank=True, max_length=512, verbose_name="address")),
                ("opens_rooms", models.BooleanField(default=True, verbose_name="opens new groups")),
                (
                    "room_name",
                    models.CharField(blank=True, max_length=40, verbose_name="name of new groups"),
                ),
                (
                    "room_number",
                    models.PositiveIntegerField(
                        default=1, verbose_name="number of the next new group"
                    ),
                ),
                ("is_written", models.BooleanField(default=False)),
                ("due_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="updated at")),
            ],
            options={
                "verbose_name": "group code",
                "verbose_name_plural": "group codes",
            },
        ),
        migrations.AddIndex(
            model_name="groupmember",
            index=models.Index(
                condition=models.Q(("state", ""), _negated=True),
                fields=["state", "group"],
                name="group_member_by_code",
            ),
        ),
        migrations.AddField(
            model_name="joinway",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AddField(
            model_name="joinway",
            name="groups",
            field=models.ManyToManyField(
                related_name="join_ways", to="groups.groupchat", verbose_name="groups led to"
            ),
        ),
        migrations.AddIndex(
            model_name="joinway",
            index=models.Index(fields=["-created_at", "-id"], name="join_way_newest"),
        ),
        migrations.AddConstraint(
            model_name="joinway",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["making", "refused", "live", "deleted"])),
                name="join_way_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="joinway",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "live"), _negated=True),
                    models.Q(("config_id", ""), _negated=True),
                    _connector="OR",
                ),
                name="join_way_live_has_wecom_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="joinway",
            constraint=models.UniqueConstraint(
                condition=models.Q(("config_id", ""), _negated=True),
                fields=("config_id",),
                name="join_way_wecom_id_once",
            ),
        ),
    ]
