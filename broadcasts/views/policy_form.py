"""The form of the house rules, in the order of the page (频控与静默)."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Broadcast, PolicySettings
from broadcasts.services.policy import LIMITS, HouseRules

WEEKDAYS = [
    (1, gettext_lazy("Monday")),
    (2, gettext_lazy("Tuesday")),
    (3, gettext_lazy("Wednesday")),
    (4, gettext_lazy("Thursday")),
    (5, gettext_lazy("Friday")),
    (6, gettext_lazy("Saturday")),
    (7, gettext_lazy("Sunday")),
]

SECTIONS = (
    (
        gettext_lazy("Quiet hours and rest days"),
        (
            *("quiet_from", "quiet_until"),
            *("lunch_from", "lunch_until", "lunch_channels"),
            *("rest_weekdays", "rest_dates"),
        ),
    ),
    (
        gettext_lazy("How often at most"),
        (
            "monthly_cap",
            "group_daily_cap",
            "moment_daily_cap",
            "light_cap",
            "deep_cap",
            "total_cap",
            "quota",
        ),
    ),
    (
        gettext_lazy("Gaps and white space"),
        ("gap_days", "deep_gap_days", "white_days", "white_share", "nurture_days"),
    ),
    (
        gettext_lazy("When two want the same customer"),
        ("broadcast_priority", "journey_priority"),
    ),
    (
        gettext_lazy("Hold-outs and approval"),
        ("holdout_percent", "standing_percent", "approval_above"),
    ),
)


def _time(label: Any, help_text: Any = "") -> forms.TimeField:
    return forms.TimeField(
        label=label,
        help_text=help_text,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )


class _Figure(forms.IntegerField):
    """A whole number; the service knows its bounds, the browser is told of them."""

    def __init__(self, name: str, label: Any, help_text: Any, *, required: bool = True) -> None:
        least, most = LIMITS[name]
        super().__init__(
            label=label,
            help_text=help_text,
            required=required,
            widget=forms.NumberInput(attrs={"min": least, "max": most}),
        )


class DaysField(forms.CharField):
    """Days as 2026-02-17, one a line or with commas between them; the value is a list of dates."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{day:%Y-%m-%d}" for day in value)
        return value

    def clean(self, value: Any) -> list[date]:
        written = super().clean(value)
        found = []
        for word in re.split(r"[\s,，、;；]+", written.strip()) if written else []:
            try:
                found.append(date.fromisoformat(word))
            except ValueError as error:
                message = _("“%(word)s” is no day; write it like 2026-02-17.")
                raise forms.ValidationError(message % {"word": word[:20]}) from error
        return sorted(set(found))


class PolicyForm(forms.Form):
    quiet_from = _time(
        gettext_lazy("Quiet from"), gettext_lazy("No message goes out from here on.")
    )
    quiet_until = _time(
        gettext_lazy("Quiet until"), gettext_lazy("The same time twice means no quiet hours.")
    )
    lunch_from = _time(
        gettext_lazy("Lunch break from"),
        gettext_lazy("A second silence of the day, where it is ticked beside."),
    )
    lunch_until = _time(
        gettext_lazy("Lunch break until"),
        gettext_lazy(
            "Windows lie before or after it; what staff have not confirmed when it begins is "
            "taken back, and of journeys comes again the next day."
        ),
    )
    lunch_channels = forms.MultipleChoiceField(
        label=gettext_lazy("A lunch break for"),
        help_text=gettext_lazy("Nothing ticked: no lunch break."),
        choices=Broadcast.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    rest_weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Rest days of the week"),
        help_text=gettext_lazy("Quiet from midnight to midnight, for every message."),
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    rest_dates = DaysField(
        label=gettext_lazy("Rest days of the year"),
        help_text=gettext_lazy("Holidays on which nobody is written to, like 2026-02-17."),
        required=False,
        max_length=2_000,
    )
    monthly_cap = _Figure(
        "monthly_cap",
        gettext_lazy("Private messages a month"),
        gettext_lazy("Light and deep ones to one customer in a calendar month."),
    )
    group_daily_cap = _Figure(
        "group_daily_cap",
        gettext_lazy("Group messages a day"),
        gettext_lazy("To one group on one day. Empty: no such cap."),
        required=False,
    )
    moment_daily_cap = _Figure(
        "moment_daily_cap",
        gettext_lazy("Moments a day"),
        gettext_lazy("Shown to one customer on one day. Empty: no such cap."),
        required=False,
    )
    light_cap = _Figure(
        "light_cap",
        gettext_lazy("Light touches a month"),
        gettext_lazy("Private messages, groups and moments together. Empty: no such cap."),
        required=False,
    )
    deep_cap = _Figure(
        "deep_cap",
        gettext_lazy("Deep touches a month"),
        gettext_lazy("The same for messages that want something of her. Empty: no such cap."),
        required=False,
    )
    total_cap = _Figure(
        "total_cap",
        gettext_lazy("Touches a month in all"),
        gettext_lazy(
            "Light and deep, over all channels. Welcomes and service messages never count. "
            "Empty: no such cap."
        ),
        required=False,
    )
    quota = forms.ChoiceField(
        label=gettext_lazy("WeCom's quota"),
        choices=PolicySettings.Quota.choices,
        help_text=gettext_lazy(
            "As your administrator set it under 群发助手 › 设置群发规则. WeCom tells only after "
            "the failure; we count before."
        ),
    )
    gap_days = _Figure(
        "gap_days",
        gettext_lazy("Days between two private messages"),
        gettext_lazy("Calendar days: 3 allows Monday and Thursday."),
    )
    deep_gap_days = _Figure(
        "deep_gap_days",
        gettext_lazy("Days between two deep touches"),
        gettext_lazy("On whatever channel; 0 switches it off."),
    )
    white_days = _Figure(
        "white_days",
        gettext_lazy("Days of silence after a deep touch"),
        gettext_lazy("White space: 3 after a Monday allows Friday; 0 switches it off."),
    )
    white_share = _Figure(
        "white_share",
        gettext_lazy("Days of a month without a touch (%)"),
        gettext_lazy("On so many days a customer hears nothing from us; 0 switches it off."),
    )
    nurture_days = _Figure(
        "nurture_days",
        gettext_lazy("Days before a new friend gets a deep touch"),
        gettext_lazy("First be useful, then ask for something."),
    )
    broadcast_priority = _Figure(
        "broadcast_priority",
        gettext_lazy("Priority of new broadcasts"),
        gettext_lazy(
            "1 is the highest, 9 the lowest; each broadcast may have its own. A broadcast whose "
            "audience is fixed keeps its customers; among those that wait the better priority has "
            "them, then the earlier window."
        ),
    )
    journey_priority = _Figure(
        "journey_priority",
        gettext_lazy("Priority of journeys' messages"),
        gettext_lazy("A journey's message that yields asks again the next morning."),
    )
    holdout_percent = _Figure(
        "holdout_percent",
        gettext_lazy("Hold-out share of new broadcasts (%)"),
        gettext_lazy("Without a hold-out nobody can say what a broadcast was worth."),
    )
    standing_percent = _Figure(
        "standing_percent",
        gettext_lazy("Standing hold-out (%)"),
        gettext_lazy(
            "This share of all customers gets no private marketing at all, so that the worth of "
            "everything together can be seen. Service messages and welcomes still reach them."
        ),
    )
    approval_above = _Figure(
        "approval_above",
        gettext_lazy("Approval above so many recipients"),
        gettext_lazy("A larger broadcast needs a second person, whoever wrote it. Empty: never."),
        required=False,
    )

    def rules(self) -> HouseRules:
        """What was typed, once the form is valid."""
        return HouseRules(**self.cleaned_data)


def form_of(rules: HouseRules) -> PolicyForm:
    return PolicyForm(initial=asdict(rules))
