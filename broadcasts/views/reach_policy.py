"""The house rules of reaching people (触达治理)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import PolicySettings
from broadcasts.selectors.policy import policy_settings
from broadcasts.services.policy import HouseRules, update_policy
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput

FIELDS = (
    "quiet_from",
    "quiet_until",
    "monthly_cap",
    "gap_days",
    "quota",
    "holdout_percent",
    "nurture_days",
)


def _time(label: Any, help_text: Any = "") -> forms.TimeField:
    return forms.TimeField(
        label=label,
        help_text=help_text,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )


class PolicyForm(forms.Form):
    quiet_from = _time(gettext_lazy("Quiet from"))
    quiet_until = _time(
        gettext_lazy("Quiet until"), gettext_lazy("The same time twice means no quiet hours.")
    )
    monthly_cap = forms.IntegerField(
        label=gettext_lazy("Messages a month at most"),
        help_text=gettext_lazy("Private messages to one customer in a calendar month."),
    )
    gap_days = forms.IntegerField(
        label=gettext_lazy("Days between two messages"),
        help_text=gettext_lazy("Calendar days: 3 allows Monday and Thursday."),
    )
    quota = forms.ChoiceField(
        label=gettext_lazy("WeCom's quota"),
        choices=PolicySettings.Quota.choices,
        help_text=gettext_lazy(
            "As your administrator set it under 群发助手 › 设置群发规则. WeCom tells only after "
            "the failure; we count before."
        ),
    )
    holdout_percent = forms.IntegerField(
        label=gettext_lazy("Hold-out share of new broadcasts (%)"),
        help_text=gettext_lazy("Without a hold-out nobody can say what a broadcast was worth."),
    )
    nurture_days = forms.IntegerField(
        label=gettext_lazy("Days before a new friend gets a deep touch")
    )


class ReachPolicyPage(ConsolePage):
    template_name = "broadcasts/reach_policy.html"
    permission = "broadcasts.view_policysettings"
    page_title = gettext_lazy("Reach policy")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rules = policy_settings()
        if "form" not in kwargs:
            kwargs["form"] = PolicyForm(initial={name: getattr(rules, name) for name in FIELDS})
        may_change = operator_of(self.request).has_perm("broadcasts.change_policysettings")
        for field in kwargs["form"].fields.values():
            field.disabled = not may_change
        return super().get_context_data(rules=rules, may_change=may_change, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        operator = operator_of(request)
        if not operator.has_perm("broadcasts.change_policysettings"):
            raise PermissionDenied
        form = PolicyForm(request.POST)
        if form.is_valid():
            try:
                update_policy(
                    rules=HouseRules(**form.cleaned_data), operator=operator, now=timezone.now()
                )
            except InvalidInput as error:
                form.add_error(error.field, str(error))
            else:
                messages.success(request, _("The rules apply to every verdict from now on."))
                return redirect("console:reach-policy")
        return self.render_to_response(self.get_context_data(form=form), status=422)
