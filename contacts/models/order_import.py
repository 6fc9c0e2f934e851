"""Order files on their way in (订单导入), as work that Postgres owns."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OrderImport(models.Model):
    """One uploaded file: uploaded → checking → checked → running → done, or failed, or cancelled.

    The check reads the file into `OrderImportLine` and tries every order without keeping it, so
    `report` says what an import would do. Its steps and the import's go on from where the row
    stands. The file stays until the job is over, the lines as long.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked, not imported")
        RUNNING = "running", _("Importing")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Step(models.TextChoices):
        NONE = "", "–"
        READ = "read", _("Reading the file")
        SETTLE = "settle", _("Putting the orders together")
        TRY = "try", _("Trying the orders")
        WRITE = "write", _("Writing the orders")

    WORKING = (State.CHECKING, State.RUNNING)
    OVER = (State.DONE, State.FAILED, State.CANCELLED)

    name = models.CharField(_("file"), max_length=128)
    source = models.CharField(_("source"), max_length=32)
    # The kept file, "" once it is gone.
    file_key = models.CharField(max_length=32, blank=True)
    size = models.BigIntegerField(_("size"))
    # A key of contacts.rules.order_formats.FORMATS, "mapping", or "" before somebody chose.
    format = models.CharField(_("format"), max_length=16, blank=True)
    # {"columns": {field: heading}, "amount_per_line": bool, "is_net": bool} of "mapping".
    mapping: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    takes_good = models.BooleanField(_("takes the good lines"), default=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.UPLOADED)
    step = models.CharField(_("step"), max_length=6, choices=Step, blank=True, default=Step.NONE)
    lines_read = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(_("never paid"), default=0)
    refused = models.PositiveIntegerField(_("refused lines"), default=0)
    # How far the reading is, of 1000: no file tells its number of lines before.
    read_share = models.PositiveSmallIntegerField(default=0)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    orders_done = models.PositiveIntegerField(default=0)
    # The last order of the step that had its turn.
    at_order = models.CharField(max_length=128, blank=True)
    # What the trial found, and what the import did: the sums of `Booked`.
    report: models.JSONField[dict[str, int]] = models.JSONField(default=dict)
    result: models.JSONField[dict[str, int]] = models.JSONField(default=dict)
    problem = models.TextField(_("problem"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    # When a worker was last told of it; a lost message is repeated after a while.
    handed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("order import")
        verbose_name_plural = _("order imports")
        constraints = [
            models.CheckConstraint(
                name="order_import_state_known",
                condition=Q(
                    state__in=[
                        *("uploaded", "checking", "checked", "running"),
                        *("done", "failed", "cancelled"),
                    ]
                ),
            ),
            models.CheckConstraint(
                name="order_import_step_while_working",
                condition=Q(state__in=["checking"], step__in=["read", "settle", "try"])
                | Q(state="running", step="write")
                | (~Q(state__in=["checking", "running"]) & Q(step="")),
            ),
            models.CheckConstraint(
                name="order_import_finished_at_iff_over",
                condition=Q(state__in=["done", "failed", "cancelled"], finished_at__isnull=False)
                | (
                    Q(state__in=["uploaded", "checking", "checked", "running"])
                    & Q(finished_at__isnull=True)
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="order_import_newest_first"),
            models.Index(
                fields=["handed_at"],
                condition=Q(state__in=["checking", "running"]),
                name="order_import_live",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        return self.state in self.WORKING

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER


class OrderImportLine(models.Model):
    """One good line of a file that is being imported, as `contacts.rules.order_lines.OrderLine`."""

    imported = models.ForeignKey(
        OrderImport, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    line = models.PositiveIntegerField()
    # "" until all is read where the file numbers no orders: then `digest` tells equal lines.
    external_id = models.CharField(max_length=160)
    digest = models.CharField(max_length=24, blank=True)
    buyer_ref = models.CharField(max_length=128, blank=True)
    buyer_unionid = models.CharField(max_length=64, blank=True)
    buyer_phone = models.CharField(max_length=20, blank=True)
    paid_at = models.DateTimeField()
    paid_on = models.DateField()
    amount_fen = models.BigIntegerField()
    refunded_fen = models.BigIntegerField(null=True)
    sku = models.CharField(max_length=128, blank=True)
    product = models.CharField(max_length=256, blank=True)
    quantity = models.PositiveIntegerField()
    item_fen = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("line of an order import")
        verbose_name_plural = _("lines of order imports")
        indexes = [
            models.Index(fields=["imported", "external_id", "line"], name="order_import_by_order")
        ]

    def __str__(self) -> str:
        return f"{self.imported_id}:{self.line}"


class OrderImportFault(models.Model):
    """A refused line with its reasons: [{"column", "value", "fault"}]."""

    imported = models.ForeignKey(
        OrderImport, on_delete=models.CASCADE, related_name="faults", db_index=False
    )
    line = models.PositiveIntegerField(_("line"))
    # The order it belongs to, as far as it could be read.
    external_id = models.CharField(max_length=160, blank=True)
    problems: models.JSONField[list[dict[str, str]]] = models.JSONField(default=list)

    class Meta:
        verbose_name = _("refused line of an order import")
        verbose_name_plural = _("refused lines of order imports")
        constraints = [
            models.UniqueConstraint(fields=["imported", "line"], name="order_import_fault_once")
        ]

    def __str__(self) -> str:
        return f"{self.imported_id}:{self.line}"
