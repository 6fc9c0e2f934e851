"""What segments read: one narrow row per customer."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from contacts.models.contact import Gender, Relation
from contacts.models.lifecycle import Stage


class ContactFacts(models.Model):
    """Facts of a customer in the shape that a million rows are counted fast in.

    The relations stay the truth; the services that change them keep this row current and the
    reconcile rebuilds it. Arrays hold our own ids of active things: tags over all relations and
    internal tags, staff that follow, groups she is in, departments of that staff.
    """

    contact = models.OneToOneField(
        "contacts.Contact", primary_key=True, on_delete=models.CASCADE, related_name="facts"
    )
    relation = models.CharField(max_length=8, choices=Relation)
    stage = models.CharField(max_length=8, choices=Stage)
    kind = models.SmallIntegerField()
    gender = models.SmallIntegerField(choices=Gender)
    tag_ids = ArrayField(models.IntegerField(), default=list)
    staff_ids = ArrayField(models.IntegerField(), default=list)
    group_ids = ArrayField(models.IntegerField(), default=list)
    department_ids = ArrayField(models.IntegerField(), default=list)
    add_ways = ArrayField(models.IntegerField(), default=list)
    first_followed_at = models.DateTimeField(_("friend since"))
    last_followed_at = models.DateTimeField(_("last added"))
    # Purchase days, not order lines: orders of one day count once, as in the literature.
    order_count = models.IntegerField(default=0)
    order_days = models.IntegerField(default=0)
    revenue_fen = models.BigIntegerField(default=0)
    refunded_fen = models.BigIntegerField(default=0)
    first_order_on = models.DateField(null=True)
    last_order_on = models.DateField(null=True)
    # A stable bucket 0–99 from a hash of the id, for samples and splits.
    bucket = models.SmallIntegerField(default=0)
    is_do_not_contact = models.BooleanField(default=False)
    pause_until = models.DateTimeField(null=True)
    has_phone = models.BooleanField(default=False, db_default=False)
    has_unionid = models.BooleanField(default=False, db_default=False)
    # The bare values of profile fields by key; without source and age, which rules do not ask for.
    profile: models.JSONField[dict[str, Any]] = models.JSONField(
        default=dict, db_default=Value({}, models.JSONField())
    )

    class Meta:
        verbose_name = _("facts of a customer")
        verbose_name_plural = _("facts of customers")
        constraints = [
            models.CheckConstraint(
                name="facts_relation_known", condition=Q(relation__in=["friend", "lost"])
            ),
            models.CheckConstraint(
                name="facts_stage_known",
                condition=Q(stage__in=["new", "first", "repeat", "silent", "lost"]),
            ),
            models.CheckConstraint(name="facts_gender_known", condition=Q(gender__in=[0, 1, 2])),
        ]
        indexes = [
            GinIndex(fields=["tag_ids"], name="facts_tags", fastupdate=True),
            GinIndex(fields=["staff_ids"], name="facts_staff", fastupdate=True),
            GinIndex(fields=["group_ids"], name="facts_groups", fastupdate=True),
            models.Index(fields=["stage"], name="facts_stage"),
            # One index serves every field there will ever be; an expression index for each would
            # be a change of the schema whenever an operator defines one. Rows without values stay
            # out of it, so that it costs nothing while nobody uses profile fields.
            GinIndex(
                fields=["profile"],
                opclasses=["jsonb_path_ops"],
                condition=~Q(profile={}),
                name="facts_profile",
            ),
            # The sorts of the customer list; the first serves conditions on the day, too.
            models.Index(
                F("last_order_on").desc(nulls_last=True),
                F("contact").desc(),
                name="facts_last_order_first",
            ),
            models.Index(fields=["-order_count", "-contact"], name="facts_most_orders_first"),
            models.Index(
                (F("revenue_fen") - F("refunded_fen")).desc(),
                F("contact").desc(),
                name="facts_most_spend_first",
            ),
        ]
