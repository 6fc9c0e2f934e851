"""The form of a scheduled report (新建报表)."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.models import ReportPlan
from analytics.selectors.parts import MOST_SEGMENTS, offered_segments
from analytics.selectors.report_catalogue import GROUPS
from analytics.selectors.report_contents import offered
from analytics.selectors.report_plans import possible_receivers
from analytics.services.report_plans import NAME_CHARS, Wanted
from contacts.models import Segment, Staff
from scrm.console.models import Operator
from scrm.outgoing import mail

_BETWEEN_ADDRESSES = re.compile(r"[\s,;，；]+")


class ReportForm(forms.Form):
    """What is typed; whether it fits is known to the service."""

    name = forms.CharField(label=_("Name"), max_length=NAME_CHARS)
    contents = forms.MultipleChoiceField(
        label=_("What it shows"), widget=forms.CheckboxSelectMultiple
    )
    segments = forms.ModelMultipleChoiceField(
        label=_("Compare segments"), queryset=Segment.objects.none(), required=False
    )
    covers = forms.ChoiceField(label=_("Period"), choices=ReportPlan.Covers.choices)
    every = forms.ChoiceField(label=_("How often"), choices=ReportPlan.Every.choices)
    weekday = forms.TypedChoiceField(
        label=_("Weekday"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
    )
    day = forms.IntegerField(
        label=_("Day of the month"),
        required=False,
        min_value=1,
        max_value=31,
        help_text=_("A shorter month has it on its last day."),
    )
    time = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=_("Yesterday's figures are complete from about 5 o'clock on."),
    )
    channel = forms.ChoiceField(label=_("Sent through"), choices=ReportPlan.Channel.choices)
    userids = forms.ModelMultipleChoiceField(
        label=_("To these staff"),
        queryset=Staff.objects.none(),
        to_field_name="userid",
        required=False,
        help_text=_("They get a picture and a file for each table, as messages of the app."),
    )
    addresses = forms.CharField(
        label=_("To these addresses"),
        required=False,
        max_length=8_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line. All of them see each other, and everything in the report."),
    )

    def __init__(self, *args: Any, operator: Operator, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(key, one.title) for key, one in offered(operator).items()]
        self.fields["contents"].choices = choices  # type: ignore[attr-defined]
        self.fields["segments"].queryset = offered_segments(operator)  # type: ignore[attr-defined]
        self.fields["segments"].help_text = _(
            "Up to %(most)s, beside all customers in each figure that knows segments."
        ) % {"most": MOST_SEGMENTS}
        self.fields["userids"].queryset = possible_receivers(operator)  # type: ignore[attr-defined]
        if not mail.is_set_up():
            self.fields["addresses"].help_text = _(
                "No mail server is set on this installation (SCRM_MAIL_HOST)."
            )

    def grouped(self) -> list[tuple[str | Promise, list[BoundWidget]]]:
        """The boxes of the contents under their headings."""
        boxes = {str(box.data["value"]): box for box in self["contents"]}
        groups = ((label, [boxes[key] for key in keys if key in boxes]) for label, keys in GROUPS)
        return [(label, found) for label, found in groups if found]

    def wanted(self) -> Wanted:
        typed = self.cleaned_data
        return Wanted(
            name=typed["name"],
            contents=typed["contents"],
            covers=typed["covers"],
            every=typed["every"],
            time=typed["time"],
            channel=typed["channel"],
            weekday=typed["weekday"],
            day=typed["day"],
            userids=[one.userid for one in typed["userids"]],
            addresses=_BETWEEN_ADDRESSES.split(typed["addresses"]),
            segments=[segment.pk for segment in typed["segments"]],
        )


def usual_values() -> dict[str, Any]:
    """Of a new report: last week's figures on Monday morning."""
    return {
        "covers": ReportPlan.Covers.LAST_WEEK,
        "every": ReportPlan.Every.WEEK,
        "weekday": 1,
        "day": 1,
        "time": time(9, 5),
        "channel": ReportPlan.Channel.WECOM,
        "contents": ["report-figures/key-figures", "analytics-download/revenue"],
    }


def values_of(plan: ReportPlan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "contents": plan.contents,
        "segments": plan.segment_ids,
        "covers": plan.covers,
        "every": plan.every,
        "weekday": plan.weekday,
        "day": plan.day,
        "time": plan.time,
        "channel": plan.channel,
        "userids": plan.userids,
        "addresses": "\n".join(plan.addresses),
    }
