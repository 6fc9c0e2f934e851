"""The page of the switch that stops all sending (一键停发), and its banner on every page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.selectors.switch import current_stop, stops
from broadcasts.services.switch import resume_all, stop_all
from scrm.console.cards import Asked
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import ScrmError

MAY_LOOK = "broadcasts.view_stopswitch"
MAY_STOP = "broadcasts.add_stopswitch"
NEWEST_FIRST = Sort("stopped_at")


class StopForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Everybody who opens the console reads it."),
    )
    with_welcomes = forms.BooleanField(
        label=gettext_lazy("Stop welcomes, too"),
        required=False,
        help_text=gettext_lazy(
            "A welcome that is not sent within 20 seconds is gone for good, so usually leave them."
        ),
    )


class SwitchPage(ConsolePage):
    template_name = "broadcasts/switch.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Stop all sending")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            stop=current_stop(),
            form=StopForm(),
            may_stop=operator_of(self.request).has_perm(MAY_STOP),
            window=window(stops(), sort=NEWEST_FIRST, cursor=self.request.GET.get("after", "")),
            **kwargs,
        )


class StopAll(ConsoleAction):
    permission = MAY_STOP

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = StopForm(request.POST)
        form.is_valid()
        try:
            stop_all(
                reason=form.cleaned_data.get("reason", ""),
                with_welcomes=form.cleaned_data.get("with_welcomes", False),
                operator=operator_of(request),
                now=timezone.now(),
            )
        except ScrmError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("All sending is stopped."))
        return redirect("console:sending-switch")


class ResumeAll(ConsoleAction):
    permission = MAY_STOP

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            resume_all(operator=operator_of(request), now=timezone.now())
        except ScrmError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Sending goes on, as far as windows are still open."))
        return redirect("console:sending-switch")


def banner(asked: Asked) -> dict[str, Any] | None:
    """Stands above every page while the switch is on."""
    stop = current_stop()
    may_stop = asked.operator.has_perm(MAY_STOP)
    return {"stop": stop, "may_stop": may_stop} if stop else None
