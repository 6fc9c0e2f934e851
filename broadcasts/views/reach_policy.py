"""The house rules of reaching people (触达治理, 频控与静默)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.selectors.policy import house_terms, policy_settings, terms_from
from broadcasts.selectors.policy_effect import effect
from broadcasts.selectors.silences import Cut, cuts
from broadcasts.services.policy import (
    HouseRules,
    check_rules,
    default_rules,
    draw_standing_holdout,
    reset_policy,
    rules_of,
    unsaved,
    update_policy,
)
from broadcasts.views.policy_form import SECTIONS, PolicyForm, form_of
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

_CHANGE = "broadcasts.change_policysettings"
_NAMED = 5


class ReachPolicyPage(ConsolePage):
    """The form. Rules that take time from what is planned are saved when that was shown."""

    template_name = "broadcasts/reach_policy.html"
    permission = "broadcasts.view_policysettings"
    page_title = gettext_lazy("Frequency and quiet hours")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rules = policy_settings()
        form = kwargs.pop("form", None) or form_of(rules_of(rules))
        may_change = operator_of(self.request).has_perm(_CHANGE)
        for field in form.fields.values():
            field.disabled = not may_change
        sections = [(title, [form[name] for name in names]) for title, names in SECTIONS]
        return super().get_context_data(
            rules=rules, may_change=may_change, form=form, sections=sections, **kwargs
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        operator = operator_of(request)
        if not operator.has_perm(_CHANGE):
            raise PermissionDenied
        form = PolicyForm(request.POST)
        if form.is_valid():
            try:
                check_rules(form.rules())
            except InvalidInput as error:
                form.add_error(error.field, str(error))
            else:
                cut = _cut_by(form.rules())
                if not {one.key for one in cut} <= set(request.POST.get("known", "").split()):
                    shown = self.get_context_data(form=form, cuts=cut)
                    return self.render_to_response(shown, status=422)
                update_policy(rules=form.rules(), operator=operator, now=timezone.now())
                messages.success(request, _("The rules apply to every verdict from now on."))
                return redirect("console:reach-policy")
        return self.render_to_response(self.get_context_data(form=form), status=422)


class Preview(ConsoleAction):
    """What the typed rules would have done to the touches of the last 30 days; saves nothing."""

    permission = _CHANGE

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PolicyForm(request.POST)
        problem = "" if form.is_valid() else _("Correct what is marked first.")
        if not problem:
            try:
                check_rules(form.rules())
            except InvalidInput as error:
                problem = str(error)
        if problem:
            return render(request, "broadcasts/reach_preview.html", {"problem": problem})
        changed = terms_from(unsaved(form.rules()))
        result = effect(house_terms(), changed, now=timezone.now())
        shown = {"effect": result, "cuts": _cut_by(form.rules())}
        return render(request, "broadcasts/reach_preview.html", shown)


class Reset(ConsoleAction):
    permission = _CHANGE

    def post(self, request: HttpRequest) -> HttpResponse:
        cut = _cut_by(default_rules())
        reset_policy(operator=operator_of(request), now=timezone.now())
        messages.success(request, _("The rules are those we ship again."))
        if cut:
            names = _("、").join(one.name for one in cut[:_NAMED])
            words = _("%(number)d planned messages lose time by that: %(names)s")
            messages.warning(request, words % {"number": len(cut), "names": names})
        return redirect("console:reach-policy")


class DrawHoldout(ConsoleAction):
    """Draw the standing hold-out anew (重抽全局对照组)."""

    permission = _CHANGE

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            draw_standing_holdout(operator=operator_of(request), now=timezone.now())
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The standing hold-out was drawn anew."))
        return redirect("console:reach-policy")


def _cut_by(rules: HouseRules) -> list[Cut]:
    """What is planned and would lose time to these rules."""
    return cuts(house_terms(), terms_from(unsaved(rules)), now=timezone.now())
