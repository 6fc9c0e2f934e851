"""Broadcasts to groups, variants, approval, pause and recurring broadcasts."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("broadcasts", "0005_journeys"),
        ("contacts", "0014_care"),
        ("groups", "0006_covering_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BroadcastPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("private", "To customers"), ("group", "To customer groups")],
                        default="private",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "benefit",
                    models.CharField(max_length=200, verbose_name="benefit for the customer"),
                ),
                (
                    "without",
                    models.JSONField(
                        blank=True, db_default=[], default=list, verbose_name="customers left out"
                    ),
                ),
                (
                    "senders",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="senders",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        db_default=5, default=5, verbose_name="priority"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                (
                    "attachments",
                    models.JSONField(blank=True, default=list, verbose_name="attachments"),
                ),
                (
                    "touch_class",
                    models.CharField(
                        choices=[
                            ("light", "Light touch"),
                            ("deep", "Deep touch"),
                            ("service", "Service message"),
                        ],
                        default="light",
                        max_length=8,
                        verbose_name="touch class",
                    ),
                ),
                (
                    "holdout_percent",
                    models.PositiveSmallIntegerField(default=10, verbose_name="hold-out %"),
                ),
                ("variants", models.JSONField(blank=True, default=list, verbose_name="variants")),
                (
                    "every",
                    models.CharField(
                        choices=[
                            ("day", "Every day"),
                            ("week", "Every week"),
                            ("month", "Every month"),
                        ],
                        max_length=8,
                        verbose_name="every",
                    ),
                ),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="weekdays",
                    ),
                ),
                (
                    "day",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="day of the month"
                    ),
                ),
                ("time", models.TimeField(verbose_name="window opens")),
                ("until", models.TimeField(verbose_name="window closes")),
                ("next_at", models.DateTimeField(blank=True, null=True, verbose_name="next")),
                ("is_active", models.BooleanField(default=True, verbose_name="switched on")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "recurring broadcast",
                "verbose_name_plural": "recurring broadcasts",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="GroupRecipient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("chat_id", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("chosen", "Will receive"),
                            ("excluded", "Left out"),
                            ("held_out", "Held out"),
                        ],
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=16, verbose_name="reason")),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "–"),
                            ("refused", "Refused by WeCom"),
                            ("unsent", "Not sent"),
                            ("gone", "Gone or in other hands since"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="result",
                    ),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
            ],
            options={
                "verbose_name": "group of a broadcast",
                "verbose_name_plural": "groups of a broadcast",
            },
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "letter",
                    models.CharField(
                        choices=[("A", "A"), ("B", "B"), ("C", "C"), ("D", "D")],
                        max_length=1,
                        verbose_name="variant",
                    ),
                ),
                (
                    "share",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(99),
                        ],
                        verbose_name="share %",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="text")),
                (
                    "attachments",
                    models.JSONField(blank=True, default=list, verbose_name="attachments"),
                ),
            ],
            options={
                "verbose_name": "variant",
                "verbose_name_plural": "variants",
                "ordering": ["letter"],
            },
        ),
        migrations.AlterModelOptions(
            name="broadcast",
            options={
                "ordering": ["-created_at", "-id"],
                "permissions": [("approve_broadcast", "Can approve broadcasts")],
                "verbose_name": "broadcast",
                "verbose_name_plural": "broadcasts",
            },
        ),
        migrations.RemoveConstraint(
            model_name="broadcast",
            name="broadcast_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="broadcast",
            name="broadcast_stop_reason_known",
        ),
        migrations.RemoveConstraint(
            model_name="broadcast",
            name="broadcast_scheduled_at_iff_scheduled",
        ),
        migrations.RemoveConstraint(
            model_name="broadcast",
            name="broadcast_frozen_at_iff_frozen",
        ),
        migrations.RemoveConstraint(
            model_name="recipient",
            name="recipient_result_known",
        ),
        migrations.AddField(
            model_name="batch",
            name="message",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="fire_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="planned for"),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="group_segment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="groups.groupsegment",
                verbose_name="group segment",
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="origin",
            field=models.CharField(
                choices=[
                    ("operator", "An operator"),
                    ("plan", "A recurring broadcast"),
                    ("journey", "A journey"),
                ],
                db_default="operator",
                default="operator",
                max_length=8,
                verbose_name="origin",
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="paused_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="paused at"),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="post_mortem",
            field=models.TextField(
                blank=True, db_default="", default="", verbose_name="post-mortem"
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="priority",
            field=models.PositiveSmallIntegerField(
                db_default=5, default=5, verbose_name="priority"
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="review_note",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=500,
                verbose_name="note of the review",
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="reviewed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="reviewed at"),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="reviewed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="senders",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="senders",
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="submitted_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="submitted for approval at"
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="submitted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="topic",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.topic",
                verbose_name="topic",
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="without",
            field=models.JSONField(
                blank=True, db_default=[], default=list, verbose_name="customers left out"
            ),
        ),
        migrations.AlterField(
            model_name="broadcast",
            name="rule",
            field=models.JSONField(default=dict, verbose_name="rule"),
        ),
        migrations.AlterField(
            model_name="broadcast",
            name="segment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.segment",
                verbose_name="segment",
            ),
        ),
        migrations.AlterField(
            model_name="broadcast",
            name="segment_version",
            field=models.PositiveIntegerField(default=0, verbose_name="segment version"),
        ),
        migrations.AlterField(
            model_name="broadcast",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("review", "Waiting for approval"),
                    ("scheduled", "Scheduled"),
                    ("freezing", "Fixing the audience"),
                    ("submitting", "Handing over to WeCom"),
                    ("waiting", "Waiting for staff"),
                    ("finished", "Finished"),
                    ("stopped", "Stopped"),
                ],
                default="draft",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="broadcast",
            name="stop_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "–"),
                    ("operator", "Stopped by an operator"),
                    ("missed", "Its window passed before it could start"),
                    ("nobody", "Nobody was left to write to"),
                    ("window", "The window closed before all staff had confirmed"),
                    ("audience", "Its audience could not be computed"),
                    ("harm", "It did more harm than usual"),
                    ("switch", "Sending was switched off"),
                ],
                default="",
                max_length=8,
                verbose_name="why it ended",
            ),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="result",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "–"),
                    ("not_friend", "Not a friend any more"),
                    ("quota", "WeCom's quota was used up"),
                    ("refused", "Refused by WeCom"),
                    ("unsent", "Not sent"),
                    ("silenced", "Asked for silence in the meantime"),
                ],
                default="",
                max_length=10,
                verbose_name="result",
            ),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("result__in", ["", "not_friend", "quota", "refused", "unsent", "silenced"])
                ),
                name="recipient_result_known",
            ),
        ),
        migrations.AddField(
            model_name="broadcastplan",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="broadcastplan",
            name="group_segment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="groups.groupsegment",
                verbose_name="group segment",
            ),
        ),
        migrations.AddField(
            model_name="broadcastplan",
            name="segment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.segment",
                verbose_name="segment",
            ),
        ),
        migrations.AddField(
            model_name="broadcastplan",
            name="topic",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.topic",
                verbose_name="topic",
            ),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="plan",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="broadcasts",
                to="broadcasts.broadcastplan",
                verbose_name="recurring broadcast",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "draft",
                            "review",
                            "scheduled",
                            "freezing",
                            "submitting",
                            "waiting",
                            "finished",
                            "stopped",
                        ],
                    )
                ),
                name="broadcast_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "stop_reason__in",
                        [
                            "",
                            "operator",
                            "missed",
                            "nobody",
                            "window",
                            "audience",
                            "harm",
                            "switch",
                        ],
                    )
                ),
                name="broadcast_stop_reason_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scheduled_at__isnull", True), ("state__in", ["draft", "review"])),
                    models.Q(
                        models.Q(("state__in", ["draft", "review"]), _negated=True),
                        ("scheduled_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="broadcast_scheduled_at_iff_scheduled",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("frozen_at__isnull", True),
                        ("state__in", ["draft", "review", "scheduled", "freezing"]),
                    ),
                    models.Q(
                        ("frozen_at__isnull", False),
                        ("state__in", ["submitting", "waiting", "finished"]),
                    ),
                    ("state", "stopped"),
                    _connector="OR",
                ),
                name="broadcast_frozen_at_iff_frozen",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin__in", ["operator", "plan", "journey"])),
                name="broadcast_origin_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("group_segment__isnull", True),
                        ("kind", "private"),
                        ("segment__isnull", False),
                    ),
                    models.Q(
                        ("group_segment__isnull", False),
                        ("kind", "group"),
                        ("segment__isnull", True),
                    ),
                    models.Q(
                        models.Q(("state", "draft"), ("origin", "journey"), _connector="OR"),
                        ("group_segment__isnull", True),
                        ("segment__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="broadcast_audience_fits_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__gte", 1), ("priority__lte", 9)),
                name="broadcast_priority_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "review"), _negated=True),
                    ("submitted_at__isnull", False),
                    _connector="OR",
                ),
                name="broadcast_review_was_submitted",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["draft", "review"]), _negated=True),
                    ("paused_at__isnull", True),
                    _connector="OR",
                ),
                name="broadcast_pause_after_schedule",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.UniqueConstraint(
                fields=("plan", "fire_at"), name="broadcast_once_per_plan"
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("fire_at__isnull", False), ("origin", "plan"), ("plan__isnull", False)
                    ),
                    models.Q(
                        models.Q(("origin", "plan"), _negated=True),
                        ("fire_at__isnull", True),
                        ("plan__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="broadcast_fire_at_iff_planned",
            ),
        ),
        migrations.AddField(
            model_name="grouprecipient",
            name="batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="group_recipients",
                to="broadcasts.batch",
            ),
        ),
        migrations.AddField(
            model_name="grouprecipient",
            name="broadcast",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="group_recipients",
                to="broadcasts.broadcast",
            ),
        ),
        migrations.AddField(
            model_name="grouprecipient",
            name="group",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="groups.groupchat",
                verbose_name="group",
            ),
        ),
        migrations.AddField(
            model_name="grouprecipient",
            name="staff",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.staff",
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="variant",
            name="broadcast",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="variants",
                to="broadcasts.broadcast",
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="variant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="broadcasts.variant",
                verbose_name="variant",
            ),
        ),
        migrations.AddIndex(
            model_name="broadcastplan",
            index=models.Index(
                condition=models.Q(("is_active", True)), fields=["next_at"], name="plan_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcastplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["private", "group"])), name="plan_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcastplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("touch_class__in", ["light", "deep", "service"])),
                name="plan_touch_class_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcastplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("group_segment__isnull", True),
                        ("kind", "private"),
                        ("segment__isnull", False),
                    ),
                    models.Q(
                        ("group_segment__isnull", False),
                        ("kind", "group"),
                        ("segment__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="plan_audience_fits_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcastplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("day__isnull", True), ("every", "day"), ("weekdays", [])),
                    models.Q(
                        ("day__isnull", True),
                        ("every", "week"),
                        models.Q(("weekdays", []), _negated=True),
                    ),
                    models.Q(
                        ("day__gte", 1), ("day__lte", 31), ("every", "month"), ("weekdays", [])
                    ),
                    _connector="OR",
                ),
                name="plan_every_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcastplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("time"))), name="plan_window_has_length"
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcastplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_active", True), ("next_at__isnull", False)),
                    models.Q(("is_active", False), ("next_at__isnull", True)),
                    _connector="OR",
                ),
                name="plan_next_iff_active",
            ),
        ),
        migrations.AddIndex(
            model_name="grouprecipient",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False)),
                fields=["group", "sent_at"],
                name="group_recipient_sent",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprecipient",
            constraint=models.UniqueConstraint(
                fields=("broadcast", "group"), name="group_recipient_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprecipient",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["chosen", "excluded", "held_out"])),
                name="group_recipient_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprecipient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "excluded"), models.Q(("reason", ""), _negated=True)),
                    models.Q(models.Q(("state", "excluded"), _negated=True), ("reason", "")),
                    _connector="OR",
                ),
                name="group_recipient_reason_iff_excluded",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprecipient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("batch__isnull", False), ("staff__isnull", False), ("state", "chosen")
                    ),
                    models.Q(models.Q(("state", "chosen"), _negated=True), ("batch__isnull", True)),
                    _connector="OR",
                ),
                name="group_recipient_batch_iff_chosen",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprecipient",
            constraint=models.CheckConstraint(
                condition=models.Q(("result__in", ["", "refused", "unsent", "gone"])),
                name="group_recipient_result_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprecipient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "chosen"),
                    models.Q(("result", ""), ("sent_at__isnull", True)),
                    _connector="OR",
                ),
                name="group_recipient_outcome_only_if_chosen",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprecipient",
            constraint=models.CheckConstraint(
                condition=models.Q(("result", ""), ("sent_at__isnull", True), _connector="OR"),
                name="group_recipient_sent_or_failed",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.UniqueConstraint(fields=("broadcast", "letter"), name="variant_once"),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("letter__in", ["A", "B", "C", "D"])),
                name="variant_letter_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("share__gte", 1), ("share__lte", 99)),
                name="variant_share_is_a_part",
            ),
        ),
    ]
