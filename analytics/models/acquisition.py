"""Where customers came from, and the sums that pages of channels and staff read."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Acquisition(models.Model):
    """How one customer was won (客户来源): by whom, when and by what she was added first.

    Kept for good: whoever is lost and added again was won once, and her relation then tells of
    the second time only. `state` is the channel's; without one `add_way` tells where she came
    from, and beside a state it is 0, so that the two are one key.
    """

    # No constraint, for the reason given at CustomerMonth.
    contact = models.OneToOneField(
        "contacts.Contact",
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="acquisition",
        db_constraint=False,
    )
    added_on = models.DateField(_("added on"))
    state = models.CharField(_("channel state"), max_length=64, blank=True)
    add_way = models.PositiveIntegerField(_("add way"), default=0)
    staff = models.ForeignKey(
        "contacts.Staff",
        verbose_name=_("added by"),
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        verbose_name = _("acquisition of a customer")
        verbose_name_plural = _("acquisitions of customers")
        indexes = [
            models.Index(fields=["state", "add_way", "added_on"], name="acquisition_of_source"),
            models.Index(fields=["staff", "added_on"], name="acquisition_of_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}"


class SourceDay(models.Model):
    """One source on one day (渠道日): relations that began, and the customers won, with what
    became of those until now. Money in fen, orders from the day of the adding on.
    """

    pk = models.CompositePrimaryKey("state", "add_way", "day")
    state = models.CharField(max_length=64)
    add_way = models.PositiveIntegerField()
    day = models.DateField()
    relations = models.IntegerField(default=0)
    again = models.IntegerField(default=0)  # relations with customers who were won before
    won = models.IntegerField(default=0)
    known = models.IntegerField(default=0)  # had ordered before they were added
    friends_30 = models.IntegerField(default=0)
    bought_30 = models.IntegerField(default=0)  # not counting `known`, also below
    bought = models.IntegerField(default=0)
    again_90 = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    net_fen = models.BigIntegerField(default=0)
    predicted_fen = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("day of a source")
        verbose_name_plural = _("days of sources")
        indexes = [models.Index(fields=["day"], name="source_day_by_day")]


class RelationEnd(models.Model):
    """How many relations of one source, staff member and day ended after so many whole days.

    `ended` were ended by the customer; `censored` otherwise (by staff, handed over, unknown).
    """

    pk = models.CompositePrimaryKey("state", "add_way", "staff_id", "day", "days")
    state = models.CharField(max_length=64)
    add_way = models.PositiveIntegerField()
    staff_id = models.BigIntegerField()
    day = models.DateField()
    days = models.PositiveIntegerField()
    ended = models.IntegerField()
    censored = models.IntegerField()

    class Meta:
        verbose_name = _("ended relations")
        verbose_name_plural = _("ended relations")
        indexes = [models.Index(fields=["day"], name="relation_end_by_day")]


class SourceAge(models.Model):
    """Net revenue of the customers won by one source in one month, by days since each was added."""

    pk = models.CompositePrimaryKey("state", "add_way", "month", "age")
    state = models.CharField(max_length=64)
    add_way = models.PositiveIntegerField()
    month = models.DateField()
    age = models.PositiveIntegerField()
    net_fen = models.BigIntegerField()

    class Meta:
        verbose_name = _("revenue by age")
        verbose_name_plural = _("revenue by age")
        indexes = [models.Index(fields=["month"], name="source_age_by_month")]
