"""Tags that a segment keeps true (规则标签)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RuleProblem(models.TextChoices):
    UNREADABLE = "unreadable", _("The segment's rule can no longer be read")
    CIRCULAR = "circular", _("The segment asks for this tag itself, directly or by other rules")
    TAG_GONE = "tag_gone", _("The tag was deleted")
    SEGMENT_GONE = "segment_gone", _("The segment was archived")


class TagRule(models.Model):
    """A segment keeps a tag true: put on whoever enters it, taken off whoever leaves it.

    Only what the rule itself put on is taken off: see TagRuleMark.
    """

    tag = models.OneToOneField(
        "contacts.Tag", verbose_name=_("tag"), on_delete=models.PROTECT, related_name="kept_by"
    )
    segment = models.ForeignKey(
        "contacts.Segment",
        verbose_name=_("segment"),
        on_delete=models.PROTECT,
        related_name="tag_rules",
    )
    is_paused = models.BooleanField(_("paused"), default=False)
    due_at = models.DateTimeField(_("next run"))
    last_run_at = models.DateTimeField(_("last run"), null=True)
    problem = models.CharField(
        _("problem"), max_length=16, choices=RuleProblem, blank=True, default=""
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("tag rule")
        verbose_name_plural = _("tag rules")
        constraints = [
            models.CheckConstraint(
                name="tag_rule_problem_known", condition=Q(problem__in=["", *RuleProblem.values])
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(is_paused=False), name="tag_rule_due"),
        ]

    def __str__(self) -> str:
        return str(self.tag)


class TagRuleMark(models.Model):
    """What a rule put on: a WeCom tag on a relation, an internal tag on a customer (no `follow`).

    Without foreign keys to customers, because there may be a million; a row whose customer or
    relation is gone is harmless.
    """

    rule = models.ForeignKey(
        TagRule, on_delete=models.CASCADE, db_index=False, related_name="marks"
    )
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    follow = models.ForeignKey(
        "contacts.Follow",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("mark of a tag rule")
        verbose_name_plural = _("marks of tag rules")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "contact", "follow"],
                nulls_distinct=False,
                name="tag_rule_mark_once",
            ),
        ]


class TagRuleRun(models.Model):
    """A run of a rule that found something to do. Runs that changed nothing leave no row."""

    rule = models.ForeignKey(TagRule, on_delete=models.CASCADE, related_name="runs")
    at = models.DateTimeField(_("at"))
    entered = models.PositiveIntegerField(_("put on"))
    left = models.PositiveIntegerField(_("taken off"))

    class Meta:
        verbose_name = _("run of a tag rule")
        verbose_name_plural = _("runs of tag rules")
        indexes = [models.Index(fields=["rule", "-at"], name="tag_rule_run_newest")]
