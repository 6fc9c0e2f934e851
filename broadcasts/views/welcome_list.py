"""Welcomes: what holds, what came of it, and who would get what (欢迎语)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Welcome
from broadcasts.policy.welcome import NARROWNESS
from broadcasts.selectors.welcome_alarms import alarms
from broadcasts.selectors.welcome_log import outcomes, sent_by_welcome, visible_deliveries
from broadcasts.selectors.welcome_words import aim_words, time_words, why_words
from broadcasts.selectors.welcomes import live_welcomes, rules
from contacts.models import Staff
from scrm.console.views import ConsolePage, operator_of

LOCAL = "%Y-%m-%dT%H:%M"
FIGURES_OVER = timedelta(days=7)


class WhoGetsWhat(forms.Form):
    """The test box: a staff member, a channel, a moment."""

    staff = forms.ModelChoiceField(
        label=_("Staff"), queryset=Staff.objects.none(), required=False, empty_label="–"
    )
    state = forms.CharField(label=_("Channel state"), required=False, max_length=64)
    at = forms.DateTimeField(
        label=_("Moment"),
        required=False,
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"}),
    )
    asked = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = self.fields["staff"]
        if isinstance(staff, forms.ModelChoiceField):
            staff.queryset = Staff.objects.filter(is_following=True).order_by("name", "pk")


class WelcomeListPage(ConsolePage):
    template_name = "broadcasts/welcome_list.html"
    permission = "broadcasts.view_welcome"
    page_title = _("Welcomes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        sent = sent_by_welcome(now=now)
        listed = sorted(live_welcomes(), key=_most_specific_first)
        return super().get_context_data(
            rows=[
                (welcome, aim_words(welcome), time_words(welcome), sent.get(welcome.pk, 0))
                for welcome in listed
            ],
            alarms=alarms(operator, now=now),
            outcomes=outcomes(visible_deliveries(operator), since=now - FIGURES_OVER),
            may_add=operator.has_perm("broadcasts.add_welcome"),
            may_see_log=operator.has_perm("broadcasts.view_welcomedelivery"),
            **_tested(self.request.GET, now=now),
            **kwargs,
        )


def _most_specific_first(welcome: Welcome) -> tuple[bool, int, bool, int, int]:
    is_timed = bool(time_words(welcome))
    narrowness = -NARROWNESS[welcome.scope]
    return (not welcome.is_active, narrowness, not is_timed, -welcome.priority, welcome.pk)


def _tested(asked: Any, *, now: datetime) -> dict[str, Any]:
    """The test box, with its answer when something was asked."""
    if not asked.get("asked"):
        return {"test_form": WhoGetsWhat(initial={"at": timezone.localtime(now), "asked": "1"})}
    form = WhoGetsWhat(asked)
    if not form.is_valid():
        return {"test_form": form}
    staff, in_force = form.cleaned_data["staff"], rules()
    fitting = in_force.ranked(
        in_force.newcomer(
            userid=staff.userid if staff else "",
            staff=staff,
            state=form.cleaned_data["state"].strip(),
            at=form.cleaned_data["at"] or now,
        )
    )
    return {
        "test_form": form,
        "is_tested": True,
        "chosen": fitting[0] if fitting else None,
        "why": why_words(fitting[0]) if fitting else "",
        "others": fitting[1:],
    }
