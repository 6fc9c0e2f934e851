"""Putting tags on many customers and taking them off (批量打标签), as work that Postgres owns."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MarkProblem(models.TextChoices):
    """Why a tag could not be put on a relation or taken off it, or why a job waits."""

    NO_FRIEND = "no_friend", _("No staff member of the job is friends with this customer")
    NO_RELATION = (
        "no_relation",
        _("This staff member and this customer are not in contact any more"),
    )
    NOT_FOUND = "not_found", _("WeCom does not know the customer or the staff member any more")
    NOT_VISIBLE = "not_visible", _("Outside the app's visible range")
    BUSY = "busy", _("WeCom kept being busy with this customer")
    UNKNOWN = "unknown", _("WeCom gave no readable answer, several times")
    REFUSED = "refused", _("WeCom refused")
    TAG_GONE = "tag_gone", _("A tag of the job was deleted meanwhile")
    RATE_LIMITED = "rate_limited", _("WeCom's limit of calls is reached; goes on by itself")
    NOT_CONNECTED = "not_connected", _("WeCom cannot be reached; tried again by itself")
    MISCONFIGURED = "misconfigured", _("The WeCom settings are wrong; run the set-up check")


class TagJob(models.Model):
    """One order to mark customers. Its customers are frozen when it is given.

    ready → running → done | failed | cancelled. `staff_ids` narrows WeCom tags to the relations
    of these staff; null means every relation. Counts are of customers but for `marked`, which
    counts relations that were changed (internal tags: customers).
    """

    class State(models.TextChoices):
        READY = "ready", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        DONE = "done", _("Finished")
        FAILED = "failed", _("Stopped by an error")
        CANCELLED = "cancelled", _("Cancelled")

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.READY)
    add_tag_ids = ArrayField(models.IntegerField(), default=list)
    remove_tag_ids = ArrayField(models.IntegerField(), default=list)
    staff_ids = ArrayField(models.IntegerField(), null=True)
    rule = models.ForeignKey(
        "contacts.TagRule",
        verbose_name=_("tag rule"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="jobs",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    # When a worker was last told of it; a lost message is repeated after a while.
    handed_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    problem = models.CharField(
        _("problem"), max_length=16, choices=MarkProblem, blank=True, default=""
    )
    total = models.PositiveIntegerField(_("customers"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    unchanged = models.PositiveIntegerField(_("needed no change"), default=0)
    failed = models.PositiveIntegerField(_("with failures"), default=0)
    marked = models.PositiveIntegerField(_("changes"), default=0)

    class Meta:
        verbose_name = _("tagging job")
        verbose_name_plural = _("tagging jobs")
        constraints = [
            models.CheckConstraint(
                name="tag_job_state_known",
                condition=Q(state__in=["ready", "running", "done", "failed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="tag_job_problem_known", condition=Q(problem__in=["", *MarkProblem.values])
            ),
            models.CheckConstraint(
                name="tag_job_finished_at_iff_over",
                condition=Q(state__in=["done", "failed", "cancelled"], finished_at__isnull=False)
                | Q(state__in=["ready", "running"], finished_at__isnull=True),
            ),
            models.CheckConstraint(
                name="tag_job_done_within_total", condition=Q(done__lte=models.F("total"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["handed_at"], condition=Q(finished_at__isnull=True), name="tag_job_live"
            ),
            models.Index(fields=["-created_at"], name="tag_job_newest_first"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None


class TagJobItem(models.Model):
    """One customer of a job. Narrow and without foreign keys, because there may be a million.

    `due_at` is when it may be taken: a worker that takes it moves it behind its lease.
    """

    class State(models.IntegerChoices):
        WAITING = 0, _("Waiting")
        DONE = 1, _("Done")
        UNCHANGED = 2, _("Needed no change")
        FAILED = 3, _("With failures")

    job = models.ForeignKey(
        TagJob,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="items",
    )
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    state = models.SmallIntegerField(choices=State, default=State.WAITING)
    tries = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()

    class Meta:
        verbose_name = _("customer of a tagging job")
        verbose_name_plural = _("customers of tagging jobs")
        constraints = [
            models.UniqueConstraint(fields=["job", "contact"], name="tag_job_item_once"),
            models.CheckConstraint(
                name="tag_job_item_state_known", condition=Q(state__in=[0, 1, 2, 3])
            ),
        ]
        indexes = [
            models.Index(fields=["job", "id"], condition=Q(state=0), name="tag_job_item_waiting"),
        ]


class TagJobFailure(models.Model):
    """What could not be marked, and why: a relation, or a customer without one (`staff` null)."""

    job = models.ForeignKey(TagJob, on_delete=models.CASCADE, related_name="failures")
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    staff = models.ForeignKey(
        "contacts.Staff", null=True, on_delete=models.CASCADE, related_name="+"
    )
    problem = models.CharField(_("problem"), max_length=16, choices=MarkProblem)
    code = models.IntegerField(_("WeCom's error code"), default=0)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("failure of a tagging job")
        verbose_name_plural = _("failures of tagging jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["job", "contact", "staff"],
                nulls_distinct=False,
                name="tag_job_failure_once",
            ),
            models.CheckConstraint(
                name="tag_job_failure_problem_known", condition=Q(problem__in=MarkProblem.values)
            ),
        ]
