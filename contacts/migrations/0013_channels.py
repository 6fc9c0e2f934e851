"""Channels with their shifts, arrivals and costs."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0012_saved_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                ("folder", models.CharField(blank=True, max_length=32, verbose_name="folder")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("code", "Staff QR code"),
                            ("link", "Acquisition link"),
                            ("named", "Made elsewhere"),
                        ],
                        default="code",
                        max_length=5,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(max_length=64, unique=True, verbose_name="channel state"),
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
                ("intent_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField()),
                ("written", models.JSONField(null=True)),
                ("skip_verify", models.BooleanField(default=True, verbose_name="friends at once")),
                (
                    "daily_cap",
                    models.PositiveIntegerField(
                        null=True, verbose_name="new customers a day for each"
                    ),
                ),
                (
                    "remark_prefix",
                    models.CharField(blank=True, max_length=10, verbose_name="begin of the remark"),
                ),
                ("note", models.CharField(blank=True, max_length=150, verbose_name="description")),
                ("greets_since", models.DateTimeField(null=True)),
                ("is_archived", models.BooleanField(default=False, verbose_name="archived")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="updated at")),
            ],
            options={
                "verbose_name": "channel",
                "verbose_name_plural": "channels",
            },
        ),
        migrations.CreateModel(
            name="ChannelArrival",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("added_at", models.DateTimeField(verbose_name="added at")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                        default="waiting",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=256, verbose_name="problem")),
            ],
            options={
                "verbose_name": "arrival",
                "verbose_name_plural": "arrivals",
            },
        ),
        migrations.CreateModel(
            name="ChannelShift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        size=None,
                        verbose_name="weekdays",
                    ),
                ),
                ("starts", models.TimeField(verbose_name="from")),
                ("ends", models.TimeField(verbose_name="until")),
            ],
            options={
                "verbose_name": "shift",
                "verbose_name_plural": "shifts",
            },
        ),
        migrations.CreateModel(
            name="CostEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("spent_on", models.DateField(verbose_name="day")),
                ("amount_fen", models.BigIntegerField(verbose_name="amount")),
                ("note", models.CharField(blank=True, max_length=128, verbose_name="what for")),
                ("created_at", models.DateTimeField(verbose_name="entered at")),
                ("updated_at", models.DateTimeField(verbose_name="changed at")),
            ],
            options={
                "verbose_name": "cost entry",
                "verbose_name_plural": "cost entries",
            },
        ),
        migrations.AddIndex(
            model_name="follow",
            index=models.Index(
                condition=models.Q(("state", ""), _negated=True),
                fields=["state", "added_at"],
                name="follow_of_channel",
            ),
        ),
        migrations.AddField(
            model_name="channel",
            name="backups",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="contacts.staff", verbose_name="backup staff"
            ),
        ),
        migrations.AddField(
            model_name="channel",
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
            model_name="channel",
            name="departments",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="contacts.department", verbose_name="departments"
            ),
        ),
        migrations.AddField(
            model_name="channel",
            name="staff",
            field=models.ManyToManyField(
                blank=True, related_name="channels", to="contacts.staff", verbose_name="staff"
            ),
        ),
        migrations.AddField(
            model_name="channel",
            name="tags",
            field=models.ManyToManyField(blank=True, to="contacts.tag", verbose_name="tags"),
        ),
        migrations.AddField(
            model_name="channelarrival",
            name="channel",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="arrivals",
                to="contacts.channel",
            ),
        ),
        migrations.AddField(
            model_name="channelarrival",
            name="follow",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="arrivals",
                to="contacts.follow",
            ),
        ),
        migrations.AddField(
            model_name="channelshift",
            name="channel",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="shifts",
                to="contacts.channel",
            ),
        ),
        migrations.AddField(
            model_name="channelshift",
            name="staff",
            field=models.ManyToManyField(
                related_name="+", to="contacts.staff", verbose_name="staff"
            ),
        ),
        migrations.AddField(
            model_name="costentry",
            name="channel",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="costs",
                to="contacts.channel",
                verbose_name="channel",
            ),
        ),
        migrations.AddField(
            model_name="costentry",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="entered by",
            ),
        ),
        migrations.AddIndex(
            model_name="channel",
            index=models.Index(fields=["created_at", "id"], name="channel_newest"),
        ),
        migrations.AddIndex(
            model_name="channel",
            index=models.Index(
                condition=models.Q(("status", "making")),
                fields=["due_at"],
                name="channel_being_made",
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["code", "link", "named"])),
                name="channel_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["making", "refused", "live", "deleted"])),
                name="channel_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "live"), _negated=True),
                    ("kind", "named"),
                    models.Q(("config_id", ""), _negated=True),
                    _connector="OR",
                ),
                name="channel_live_has_wecom_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("intent_at__isnull", True), ("status", "making"), _connector="OR"
                ),
                name="channel_intent_only_while_making",
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", ""), _negated=True), name="channel_state_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("config_id", ""), _negated=True),
                fields=("kind", "config_id"),
                name="channel_wecom_id_once",
            ),
        ),
        migrations.AddIndex(
            model_name="channelarrival",
            index=models.Index(fields=["channel", "state"], name="channel_arrival_of_channel"),
        ),
        migrations.AddIndex(
            model_name="channelarrival",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["due_at"],
                name="channel_arrival_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="channelarrival",
            constraint=models.UniqueConstraint(
                fields=("follow", "added_at"), name="channel_arrival_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="channelarrival",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "done", "failed"])),
                name="channel_arrival_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="channelshift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("weekdays__contained_by", [0, 1, 2, 3, 4, 5, 6]), ("weekdays__len__gt", 0)
                ),
                name="channel_shift_has_days",
            ),
        ),
        migrations.AddIndex(
            model_name="costentry",
            index=models.Index(fields=["channel", "-spent_on"], name="cost_of_channel"),
        ),
        migrations.AddConstraint(
            model_name="costentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0)), name="cost_amount_positive"
            ),
        ),
    ]
