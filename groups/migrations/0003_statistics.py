"""Facts, days, changes and read figures of groups."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0007_lifecycle_log"),
        ("groups", "0002_read_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="FigureDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True, verbose_name="day")),
                ("after", models.BigIntegerField(default=0)),
                ("read_at", models.DateTimeField(null=True, verbose_name="read at")),
                ("error", models.TextField(blank=True, default="")),
            ],
            options={
                "verbose_name": "day of figures",
                "verbose_name_plural": "days of figures",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("read_at__isnull", True), ("error", ""), _connector="OR"
                        ),
                        name="figure_day_read_without_error",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupFacts",
            fields=[
                (
                    "group",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="facts",
                        serialize=False,
                        to="groups.groupchat",
                    ),
                ),
                ("size", models.IntegerField(default=0, verbose_name="members")),
                ("staff", models.IntegerField(default=0, verbose_name="staff")),
                ("customers", models.IntegerField(default=0, verbose_name="customers")),
                ("last_joined_at", models.DateTimeField(null=True, verbose_name="last joined at")),
                ("last_left_at", models.DateTimeField(null=True, verbose_name="last left at")),
            ],
            options={
                "verbose_name": "facts of a group",
                "verbose_name_plural": "facts of groups",
                "indexes": [models.Index(fields=["size", "group"], name="group_facts_size")],
            },
        ),
        migrations.CreateModel(
            name="GroupDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("joins", models.IntegerField(default=0, verbose_name="joined")),
                ("leaves", models.IntegerField(default=0, verbose_name="left")),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="days",
                        to="groups.groupchat",
                    ),
                ),
            ],
            options={
                "verbose_name": "day of a group",
                "verbose_name_plural": "days of groups",
                "indexes": [models.Index(fields=["day"], name="group_day_by_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("group", "day"), name="group_day_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("owner", "New owner"),
                            ("name", "New name"),
                            ("dismissed", "Dismissed"),
                            ("back", "There again"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                ("before", models.CharField(blank=True, max_length=256, verbose_name="before")),
                ("after", models.CharField(blank=True, max_length=256, verbose_name="after")),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="groups.groupchat",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of a group",
                "verbose_name_plural": "changes of groups",
                "indexes": [
                    models.Index(fields=["group", "at"], name="group_event_of_group"),
                    models.Index(fields=["at", "id"], name="group_event_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["owner", "name", "dismissed", "back"])),
                        name="group_event_kind_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnerDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("new_groups", models.IntegerField(verbose_name="new groups")),
                ("groups", models.IntegerField(verbose_name="groups")),
                ("active_groups", models.IntegerField(verbose_name="groups with messages")),
                ("new_members", models.IntegerField(verbose_name="new members")),
                ("members", models.IntegerField(verbose_name="members")),
                ("active_members", models.IntegerField(verbose_name="members who wrote")),
                ("messages", models.IntegerField(verbose_name="messages")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_days",
                        to="contacts.staff",
                    ),
                ),
            ],
            options={
                "verbose_name": "day of a group owner",
                "verbose_name_plural": "days of group owners",
                "indexes": [models.Index(fields=["day"], name="owner_day_by_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "day"), name="owner_day_once")
                ],
            },
        ),
    ]
