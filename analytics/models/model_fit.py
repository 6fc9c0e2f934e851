"""Fitted models with their honesty marks."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ModelFit(models.Model):
    """Parameters estimated from our orders at one time (模型拟合); kept for good.

    The back-test fits on everything before the last quarter and predicts that quarter:
    `backtest_bias` is (predicted − actual) ÷ actual of all orders, `backtest_mae` the mean error
    per customer in orders, `backtest_naive_mae` that of "everybody goes on as before". They are
    null where the history is too short to hold a quarter back. `backtest_detail` is what its page
    draws, see `analytics.services.back_testing`; empty on fits from before it was kept.
    """

    class Kind(models.TextChoices):
        MBGNBD = "mbgnbd", _("Repeat buying (MBG/NBD)")
        GAMMA_GAMMA = "gamma_gamma", _("Value of an order (Gamma-Gamma)")
        # Where Gamma-Gamma has no answer; `parameters` is {"mean_fen": …}.
        MEAN_VALUE = "mean_value", _("Value of an order (mean of the shop)")

    # Two answers to what an order is worth; one is in use.
    VALUE_KINDS = (Kind.GAMMA_GAMMA, Kind.MEAN_VALUE)

    kind = models.CharField(_("model"), max_length=12, choices=Kind)
    parameters: models.JSONField[dict[str, float]] = models.JSONField(_("parameters"))
    customers = models.PositiveIntegerField(_("customers"))
    repeaters = models.PositiveIntegerField(_("repeat buyers"))
    log_likelihood = models.FloatField(_("log-likelihood"), null=True)
    converged = models.BooleanField(_("converged"))
    at_bound: models.JSONField[list[Any]] = models.JSONField(_("at a bound"), default=list)
    data_from = models.DateField(_("data from"))
    data_to = models.DateField(_("data to"))
    backtest_from = models.DateField(_("back-test from"), null=True, blank=True)
    backtest_actual = models.FloatField(_("actual"), null=True, blank=True)
    backtest_predicted = models.FloatField(_("predicted"), null=True, blank=True)
    backtest_bias = models.FloatField(_("bias of the total"), null=True, blank=True)
    backtest_mae = models.FloatField(_("mean error"), null=True, blank=True)
    backtest_naive_mae = models.FloatField(_("mean error of the naive forecast"), null=True)
    backtest_detail: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    is_current = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("fitted at"))

    class Meta:
        verbose_name = _("fitted model")
        verbose_name_plural = _("fitted models")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="model_fit_kind_known",
                condition=Q(kind__in=["mbgnbd", "gamma_gamma", "mean_value"]),
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(is_current=True), name="model_fit_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d}"
