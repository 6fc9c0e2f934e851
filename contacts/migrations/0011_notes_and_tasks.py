"""Profile fields, notes and tasks; the database refuses to change or remove a note."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
CREATE TRIGGER contacts_contactnote_append_only
    BEFORE UPDATE OR DELETE ON contacts_contactnote
    FOR EACH STATEMENT EXECUTE FUNCTION contacts_is_append_only();
"""
BACKWARDS = "DROP TRIGGER contacts_contactnote_append_only ON contacts_contactnote;"


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0010_segments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProfileField",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=32, unique=True, verbose_name="key")),
                ("label", models.CharField(max_length=32, verbose_name="label")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("date", "Day"),
                            ("choice", "One of a list"),
                            ("multi", "Several of a list"),
                        ],
                        default="text",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "choices",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="choices",
                    ),
                ),
                ("order", models.PositiveIntegerField(default=100, verbose_name="order")),
                ("is_archived", models.BooleanField(default=False, verbose_name="archived")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "profile field",
                "verbose_name_plural": "profile fields",
                "ordering": ["order", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_archived", False)),
                        fields=("label",),
                        name="profile_field_label_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["text", "number", "date", "choice", "multi"])
                        ),
                        name="profile_field_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ["choice", "multi"]),
                                models.Q(("choices", []), _negated=True),
                            ),
                            models.Q(
                                models.Q(("kind__in", ["choice", "multi"]), _negated=True),
                                ("choices", []),
                            ),
                            _connector="OR",
                        ),
                        name="profile_field_choices_iff_list",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(max_length=1000, verbose_name="note")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="contacts.contact",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "note on a customer",
                "verbose_name_plural": "notes on customers",
                "indexes": [
                    models.Index(fields=["contact", "-at"], name="note_of_contact"),
                    models.Index(fields=["-at", "-id"], name="note_newest_first"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=200, verbose_name="to do")),
                ("due_on", models.DateField(verbose_name="due on")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")],
                        default="open",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="given at")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                ("link", models.CharField(blank=True, max_length=512)),
                (
                    "notice",
                    models.CharField(
                        choices=[
                            ("waiting", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Not sent"),
                            ("dropped", "Not needed any more"),
                        ],
                        default="waiting",
                        max_length=7,
                        verbose_name="message",
                    ),
                ),
                ("notice_error", models.CharField(blank=True, max_length=256)),
                ("notice_since", models.DateTimeField()),
                ("notice_due_at", models.DateTimeField()),
                ("notice_at", models.DateTimeField(null=True, verbose_name="told at")),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="closed by",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_tasks",
                        to="contacts.contact",
                        verbose_name="customer",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="given by",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="contacts.staff",
                        verbose_name="staff",
                    ),
                ),
            ],
            options={
                "verbose_name": "task for staff",
                "verbose_name_plural": "tasks for staff",
                "indexes": [
                    models.Index(fields=["contact", "-created_at"], name="staff_task_of_contact"),
                    models.Index(fields=["due_on", "id"], name="staff_task_by_day"),
                    models.Index(
                        condition=models.Q(("notice", "waiting")),
                        fields=["notice_due_at"],
                        name="staff_task_untold",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "done", "cancelled"])),
                        name="staff_task_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at__isnull", True),
                                ("closed_by__isnull", True),
                                ("state", "open"),
                            ),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                ("closed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="staff_task_closed_at_iff_closed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("notice__in", ["waiting", "sent", "failed", "dropped"])
                        ),
                        name="staff_task_notice_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("notice", "sent"), ("notice_at__isnull", False)),
                            models.Q(
                                models.Q(("notice", "sent"), _negated=True),
                                ("notice_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="staff_task_told_at_iff_sent",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
