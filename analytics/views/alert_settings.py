"""The rules of churn alerts (预警设置), with what they would choose today."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.board.alert_words import excluded_lines
from analytics.selectors.alert_settings import AlertRules, alert_rules, alert_settings
from analytics.services.alert_choice import NO_FORECAST, preview
from analytics.services.alerts import LIMITS, check_rules, set_alert_rules
from analytics.views.alerts import MAY_SET
from scrm.console.fields import blame
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput


class _Figure(forms.IntegerField):
    """A whole number; the service knows its bounds, the browser is told of them."""

    def __init__(self, name: str, label: Any, help_text: Any) -> None:
        least, most = LIMITS[name]
        widget = forms.NumberInput(attrs={"min": least, "max": most})
        super().__init__(label=label, help_text=help_text, widget=widget)


class AlertRulesForm(forms.Form):
    budget = _Figure(
        "budget",
        gettext_lazy("Alerts per staff member a day"),
        gettext_lazy("The most valuable ones; 0 makes none. More than one can do helps nobody."),
    )
    least_loss_fen = forms.DecimalField(
        label=gettext_lazy("Least expected loss (yuan)"),
        help_text=gettext_lazy("Risk × value at stake below this makes no alert."),
        min_value=0,
        max_digits=9,
        decimal_places=2,
    )
    rest_days = _Figure(
        "rest_days",
        gettext_lazy("Days without another alert"),
        gettext_lazy("After an alert of hers was closed, by whomever or by time."),
    )
    open_days = _Figure(
        "open_days",
        gettext_lazy("Days an alert stays open"),
        gettext_lazy("Then it expires by itself."),
    )
    tells_staff = forms.BooleanField(
        label=gettext_lazy("Tell staff in WeCom each morning"),
        help_text=gettext_lazy("One app message a day with all of hers, never one for each."),
        required=False,
    )

    def rules(self) -> AlertRules:
        """What was typed, once the form is valid; yuan become fen."""
        given = self.cleaned_data
        return AlertRules(**{**given, "least_loss_fen": round(given["least_loss_fen"] * 100)})


def _form_of(rules: AlertRules) -> AlertRulesForm:
    shown = {**asdict(rules), "least_loss_fen": f"{rules.least_loss_fen / 100:.2f}"}
    return AlertRulesForm(initial=shown)


class AlertSettingsPage(ConsolePage):
    template_name = "analytics/alert_settings.html"
    permission = MAY_SET
    page_title = gettext_lazy("Settings of churn alerts")
    is_shareable = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", _form_of(alert_rules()))
        return super().get_context_data(updated_at=alert_settings().updated_at, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = AlertRulesForm(request.POST)
        if form.is_valid():
            try:
                set_alert_rules(
                    rules=form.rules(), operator=operator_of(request), now=timezone.now()
                )
            except InvalidInput as error:
                blame(form, error)
            else:
                messages.success(request, _("The rules apply from the next choice on."))
                return redirect("console:churn-alert-settings")
        return self.render_to_response(self.get_context_data(form=form), status=422)


class PreviewAlerts(ConsoleAction):
    """How many alerts the typed rules would make now; saves nothing."""

    permission = MAY_SET

    def post(self, request: HttpRequest) -> HttpResponse:
        form = AlertRulesForm(request.POST)
        problem = "" if form.is_valid() else _("Correct what is marked first.")
        if not problem:
            try:
                check_rules(form.rules())
            except InvalidInput as error:
                problem = str(error)
        if problem:
            return render(request, "analytics/alert_preview.html", {"problem": problem})
        choice = preview(form.rules(), now=timezone.now())
        context = {
            "choice": choice,
            "excluded": excluded_lines(choice.excluded),
            "lacks_forecast": choice.nothing == NO_FORECAST,
            "is_rest_day": bool(choice.nothing) and choice.nothing != NO_FORECAST,
        }
        return render(request, "analytics/alert_preview.html", context)
