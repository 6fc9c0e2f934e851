"""Journeys: definitions, runs, and a log of steps that the database keeps append-only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION broadcasts_journeysteplog_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of journeys is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER broadcasts_journeysteplog_append_only
    BEFORE UPDATE OR DELETE ON broadcasts_journeysteplog
    FOR EACH STATEMENT EXECUTE FUNCTION broadcasts_journeysteplog_is_append_only();
"""
BACKWARDS = """
DROP TRIGGER broadcasts_journeysteplog_append_only ON broadcasts_journeysteplog;
DROP FUNCTION broadcasts_journeysteplog_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("broadcasts", "0004_missed_welcomes_of_customers"),
        ("contacts", "0014_care"),
        ("groups", "0006_covering_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Journey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                (
                    "description",
                    models.CharField(blank=True, max_length=256, verbose_name="description"),
                ),
                (
                    "subject",
                    models.CharField(
                        choices=[("contact", "Customers"), ("group", "Customer groups")],
                        default="contact",
                        max_length=7,
                        verbose_name="for whom",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("active", "Active"),
                            ("paused", "Paused"),
                            ("archived", "Archived"),
                        ],
                        default="draft",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("draft", models.JSONField(default=dict, verbose_name="draft")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="updated at")),
                ("live_at", models.DateTimeField(null=True, verbose_name="active since")),
                ("compared_at", models.DateTimeField(editable=False, null=True)),
                ("comparisons", models.PositiveIntegerField(default=0, editable=False)),
                ("dates_until", models.DateField(editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "journey",
                "verbose_name_plural": "journeys",
                "ordering": ["-updated_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="JourneyEnrolment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="who")),
                ("rule", models.JSONField(verbose_name="rule")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a worker"),
                            ("running", "Running"),
                            ("done", "Finished"),
                            ("failed", "Stopped by an error"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0, verbose_name="chosen")),
                ("problem", models.CharField(blank=True, max_length=256, verbose_name="problem")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enrolments",
                        to="broadcasts.journey",
                    ),
                ),
            ],
            options={
                "verbose_name": "enrolment into a journey",
                "verbose_name_plural": "enrolments into journeys",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="JourneyMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "journey_id",
                        "subject_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("subject_id", models.BigIntegerField()),
                (
                    "journey",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="broadcasts.journey",
                    ),
                ),
            ],
            options={
                "verbose_name": "member seen by a journey",
                "verbose_name_plural": "members seen by journeys",
            },
        ),
        migrations.CreateModel(
            name="JourneySend",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(max_length=24, verbose_name="step")),
                ("slot_at", models.DateTimeField(verbose_name="opens at")),
                ("settled_at", models.DateTimeField(null=True, verbose_name="settled at")),
                (
                    "broadcast",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journey_send",
                        to="broadcasts.broadcast",
                    ),
                ),
            ],
            options={
                "verbose_name": "message of a journey",
                "verbose_name_plural": "messages of journeys",
            },
        ),
        migrations.CreateModel(
            name="JourneyRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_key", models.CharField(max_length=80, verbose_name="started by")),
                ("event_at", models.DateTimeField(verbose_name="event at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("expected", "About to begin"),
                            ("refused", "Did not begin"),
                            ("running", "Under way"),
                            ("sending", "Message on its way"),
                            ("done", "Reached the end"),
                            ("exited", "Left early"),
                        ],
                        default="expected",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("step", models.CharField(blank=True, max_length=24, verbose_name="step")),
                ("due_at", models.DateTimeField(null=True, verbose_name="next look at")),
                ("entered_at", models.DateTimeField(null=True, verbose_name="began at")),
                ("reached_at", models.DateTimeField(null=True, verbose_name="at this step since")),
                ("patience_until", models.DateTimeField(null=True)),
                (
                    "held_by",
                    models.CharField(blank=True, max_length=16, verbose_name="held back by"),
                ),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                ("reason", models.CharField(blank=True, max_length=16, verbose_name="reason")),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journey_runs",
                        to="contacts.contact",
                        verbose_name="customer",
                    ),
                ),
                (
                    "enrolment",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="broadcasts.journeyenrolment",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journey_runs",
                        to="groups.groupchat",
                        verbose_name="customer group",
                    ),
                ),
                (
                    "journey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="broadcasts.journey",
                        verbose_name="journey",
                    ),
                ),
                (
                    "send",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="broadcasts.journeysend",
                    ),
                ),
            ],
            options={
                "verbose_name": "run of a journey",
                "verbose_name_plural": "runs of journeys",
            },
        ),
        migrations.CreateModel(
            name="JourneyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("definition", models.JSONField(verbose_name="definition")),
                ("published_at", models.DateTimeField(verbose_name="published at")),
                (
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="broadcasts.journey",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="published by",
                    ),
                ),
            ],
            options={
                "verbose_name": "journey version",
                "verbose_name_plural": "journey versions",
            },
        ),
        migrations.CreateModel(
            name="JourneyStepLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(blank=True, max_length=24, verbose_name="step")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("entered", "Began the journey"),
                            ("waits", "Waits"),
                            ("joined", "Message is being prepared"),
                            ("held", "Message held back"),
                            ("done", "Done"),
                            ("skipped", "Skipped"),
                            ("exited", "Left the journey"),
                            ("finished", "Reached the end"),
                        ],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=16, verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("until", models.DateTimeField(null=True, verbose_name="until")),
                (
                    "broadcast",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="broadcasts.broadcast",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="log",
                        to="broadcasts.journeyrun",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="broadcasts.journeyversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "step of a run",
                "verbose_name_plural": "steps of runs",
            },
        ),
        migrations.AddField(
            model_name="journeysend",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sends",
                to="broadcasts.journeyversion",
            ),
        ),
        migrations.AddField(
            model_name="journeyrun",
            name="version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="broadcasts.journeyversion",
                verbose_name="version",
            ),
        ),
        migrations.AddField(
            model_name="journey",
            name="version",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="broadcasts.journeyversion",
                verbose_name="version in force",
            ),
        ),
        migrations.AddIndex(
            model_name="journeyenrolment",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "running"])),
                fields=["id"],
                name="journey_enrolment_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyenrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["waiting", "running", "done", "failed", "cancelled"])
                ),
                name="journey_enrolment_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyenrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("state__in", ["waiting", "running"])),
                    models.Q(
                        ("finished_at__isnull", False),
                        ("state__in", ["done", "failed", "cancelled"]),
                    ),
                    _connector="OR",
                ),
                name="journey_enrolment_finished_at_iff_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyversion",
            constraint=models.UniqueConstraint(
                fields=("journey", "number"), name="journey_version_once"
            ),
        ),
        migrations.AddIndex(
            model_name="journeysteplog",
            index=models.Index(fields=["run", "id"], name="journey_step_of_run"),
        ),
        migrations.AddIndex(
            model_name="journeysteplog",
            index=models.Index(
                fields=["version", "step", "what", "reason"], name="journey_step_funnel"
            ),
        ),
        migrations.AddConstraint(
            model_name="journeysteplog",
            constraint=models.UniqueConstraint(
                condition=models.Q(("what__in", ["done", "skipped", "exited"])),
                fields=("run", "step"),
                name="journey_step_over_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeysteplog",
            constraint=models.UniqueConstraint(
                condition=models.Q(("what__in", ["entered"])),
                fields=("run",),
                name="journey_step_entered_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeysteplog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "what__in",
                        [
                            "entered",
                            "waits",
                            "joined",
                            "held",
                            "done",
                            "skipped",
                            "exited",
                            "finished",
                        ],
                    )
                ),
                name="journey_step_what_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeysteplog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("what__in", ["held", "skipped", "exited"]), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="journey_step_reason_if_not_done",
            ),
        ),
        migrations.AddIndex(
            model_name="journeysend",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True)),
                fields=["slot_at"],
                name="journey_send_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeysend",
            constraint=models.UniqueConstraint(
                fields=("version", "step", "slot_at"), name="journey_send_once_per_slot"
            ),
        ),
        migrations.AddIndex(
            model_name="journeyrun",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["due_at", "id"],
                name="journey_run_due",
            ),
        ),
        migrations.AddIndex(
            model_name="journeyrun",
            index=models.Index(fields=["contact", "-id"], name="journey_run_of_contact"),
        ),
        migrations.AddIndex(
            model_name="journeyrun",
            index=models.Index(
                fields=["journey", "contact", "group"], name="journey_run_of_subject"
            ),
        ),
        migrations.AddIndex(
            model_name="journeyrun",
            index=models.Index(
                condition=models.Q(("send__isnull", False)),
                fields=["send"],
                name="journey_run_of_send",
            ),
        ),
        migrations.AddIndex(
            model_name="journeyrun",
            index=models.Index(
                condition=models.Q(("state__in", ["running", "sending"])),
                fields=["version", "step"],
                name="journey_run_standing",
            ),
        ),
        migrations.AddIndex(
            model_name="journeyrun",
            index=models.Index(
                condition=models.Q(("enrolment__isnull", False)),
                fields=["enrolment", "state"],
                name="journey_run_of_enrolment",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.UniqueConstraint(
                fields=("journey", "event_key"), name="journey_run_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ["running", "sending"]), ("contact__isnull", False)
                ),
                fields=("journey", "contact"),
                name="journey_run_one_open_of_contact",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ["running", "sending"]), ("contact__isnull", True)
                ),
                fields=("journey", "group"),
                name="journey_run_one_open_of_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["expected", "refused", "running", "sending", "done", "exited"])
                ),
                name="journey_run_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("contact__isnull", False), ("group__isnull", False), _connector="OR"
                ),
                name="journey_run_has_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_at__isnull", False), ("state__in", ["expected", "running"])),
                    models.Q(
                        models.Q(("state__in", ["expected", "running"]), _negated=True),
                        ("due_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="journey_run_due_iff_looked_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("send__isnull", False), ("state", "sending")),
                    models.Q(models.Q(("state", "sending"), _negated=True), ("send__isnull", True)),
                    _connector="OR",
                ),
                name="journey_run_send_iff_sending",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("entered_at__isnull", True),
                        ("reached_at__isnull", True),
                        ("state__in", ["expected", "refused"]),
                        ("step", ""),
                    ),
                    models.Q(
                        models.Q(("state__in", ["expected", "refused"]), _negated=True),
                        ("entered_at__isnull", False),
                        ("reached_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="journey_run_entered_iff_begun",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", False), ("state__in", ["refused", "done", "exited"])
                    ),
                    models.Q(
                        models.Q(("state__in", ["refused", "done", "exited"]), _negated=True),
                        ("ended_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="journey_run_ended_iff_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ["refused", "exited"]),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state__in", ["refused", "exited"]), _negated=True),
                        ("reason", ""),
                    ),
                    _connector="OR",
                ),
                name="journey_run_reason_iff_refused_or_exited",
            ),
        ),
        migrations.AddConstraint(
            model_name="journey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "archived"), _negated=True),
                fields=("name",),
                name="journey_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="journey",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "active", "paused", "archived"])),
                name="journey_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="journey",
            constraint=models.CheckConstraint(
                condition=models.Q(("subject__in", ["contact", "group"])),
                name="journey_subject_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="journey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "draft"), ("version__isnull", True)),
                    models.Q(("state__in", ["active", "paused"]), ("version__isnull", False)),
                    ("state", "archived"),
                    _connector="OR",
                ),
                name="journey_version_iff_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="journey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("live_at__isnull", False), ("state", "active")),
                    models.Q(
                        models.Q(("state", "active"), _negated=True), ("live_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="journey_live_at_iff_active",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
