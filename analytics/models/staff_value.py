"""What staff won, lost and brought, by day; and how that compares with what was expected."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

NOBODY = 0


class StaffValueDay(models.Model):
    """One staff member on one day (员工日); `staff_id` 0 is nobody.

    An order counts for one staff member: of those who were her friends on its day, the one who
    has been it longest.
    """

    pk = models.CompositePrimaryKey("staff_id", "day")
    staff_id = models.BigIntegerField()
    day = models.DateField()
    added = models.IntegerField(default=0)
    won = models.IntegerField(default=0)
    lost = models.IntegerField(default=0)  # ended by customers
    removed = models.IntegerField(default=0)  # ended by the staff member
    orders = models.IntegerField(default=0)
    net_fen = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("day of a staff member")
        verbose_name_plural = _("days of staff")
        indexes = [models.Index(fields=["day"], name="staff_value_by_day")]


class StaffValueMonth(models.Model):
    """The days of a staff member in one calendar month added up (员工月); `month` is its first."""

    pk = models.CompositePrimaryKey("staff_id", "month")
    staff_id = models.BigIntegerField()
    month = models.DateField()
    added = models.IntegerField(default=0)
    won = models.IntegerField(default=0)
    lost = models.IntegerField(default=0)
    removed = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    net_fen = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("month of a staff member")
        verbose_name_plural = _("months of staff")
        indexes = [models.Index(fields=["month"], name="staff_value_by_month")]


class StaffExpectation(models.Model):
    """The buyers one staff member looked after, against what the models expected of them (超出预期).

    Of buyers known on `first_on`, from it to `last_on`. Both in fen; `expected_fen` is scaled so
    that all staff together come to what was realised, so season and trend are nobody's merit.
    `error_fen` is the standard error of the difference.
    """

    staff_id = models.BigIntegerField(primary_key=True)
    customers = models.PositiveIntegerField(_("customers"))
    expected_fen = models.BigIntegerField(_("expected"))
    realised_fen = models.BigIntegerField(_("realised"))
    error_fen = models.BigIntegerField(_("standard error"))
    first_on = models.DateField()
    last_on = models.DateField()
    measured_at = models.DateTimeField(_("measured at"))

    class Meta:
        verbose_name = _("staff against expectation")
        verbose_name_plural = _("staff against expectation")
        constraints = [
            models.CheckConstraint(
                name="staff_expectation_days_in_order", condition=Q(first_on__lte=F("last_on"))
            ),
        ]


class ValueRun(models.Model):
    """When the sums of channels and staff were last made, of what, and how long it took; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    measured_at = models.DateTimeField(_("measured at"))
    seconds = models.FloatField(_("seconds"))
    # The newest refresh of the metrics and the newest event of a customer it has seen.
    metrics_run = models.BigIntegerField(default=0)
    event = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("measuring of channels and staff")
        verbose_name_plural = _("measurings of channels and staff")
        constraints = [models.CheckConstraint(name="value_run_one_row", condition=Q(id=1))]
