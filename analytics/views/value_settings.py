"""The page of the gross margin (毛利率)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.selectors.value_settings import value_settings
from analytics.services.value_settings import set_margin
from scrm.console.fields import blame
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_SET = "analytics.change_valuesettings"


class MarginForm(forms.Form):
    margin_percent = forms.IntegerField(
        label=gettext_lazy("Gross margin (%)"),
        min_value=1,
        max_value=100,
        required=False,
        help_text=gettext_lazy(
            "What is left of revenue after the goods themselves. Empty: figures are on revenue."
        ),
    )


class ValueSettingsPage(ConsolePage):
    """What turns revenue into money earned."""

    template_name = "analytics/value_settings.html"
    page_title = gettext_lazy("Value figures")
    permission = MAY_SET

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        settings = value_settings()
        kwargs.setdefault("form", MarginForm(initial={"margin_percent": settings.margin_percent}))
        return super().get_context_data(settings=settings, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MarginForm(request.POST)
        if form.is_valid():
            try:
                set_margin(
                    margin_percent=form.cleaned_data["margin_percent"],
                    operator=operator_of(request),
                    now=timezone.now(),
                )
            except InvalidInput as error:
                blame(form, error)
            else:
                messages.success(request, _("The gross margin is saved."))
                return redirect("console:value-settings")
        return self.render_to_response(self.get_context_data(form=form))
