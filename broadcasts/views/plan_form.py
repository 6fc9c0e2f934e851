"""The forms of a recurring broadcast (周期群发): its rhythm, alone or with the message."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from broadcasts.models import BroadcastPlan
from broadcasts.policy.recurrence import Rhythm
from broadcasts.services.compose import problems
from broadcasts.services.plans import next_window_of
from broadcasts.views.broadcast_form import BroadcastForm, message_values, rows_for
from scrm.errors import InvalidInput

# The window's problems stand beside the clocks.
_CLOCKS = {"window_start": "time", "window_end": "until"}


def _clock(label: Any, help_text: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(label=label, help_text=help_text, widget=widget)


class RhythmForm(forms.Form):
    """How often, on which days, in which hours."""

    every = forms.ChoiceField(label=_("How often"), choices=BroadcastPlan.Every.choices)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        coerce=int,
        required=False,
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    day = forms.IntegerField(
        label=_("Day of the month"),
        required=False,
        min_value=1,
        max_value=31,
        help_text=_("A shorter month has it on its last day."),
    )
    time = _clock(_("Window opens"))
    until = _clock(_("Window closes"), _("On the same day, outside the quiet hours."))

    def rhythm(self) -> Rhythm:
        """What was typed; the service knows whether it fits."""
        typed = self.cleaned_data
        return Rhythm(
            zone=timezone.get_default_timezone(),
            every=typed.get("every") or "",
            opens=typed.get("time") or time(9),
            closes=typed.get("until") or time(9),
            weekdays=frozenset(typed.get("weekdays") or ()),
            day=typed.get("day"),
        )


class PlanForm(RhythmForm, BroadcastForm):
    """The composer's fields with a rhythm in place of one window."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["window_start"], self.fields["window_end"]

    def found_problems(self) -> list[InvalidInput]:
        """Of the message, in the window of the next time."""
        try:
            start, end = next_window_of(self.rhythm(), self.now)
        except InvalidInput as problem:
            return [problem]
        found = problems(self.draft(window=(start, end)), now=self.now)
        return [InvalidInput(str(one), field=_CLOCKS.get(one.field, one.field)) for one in found]


def rhythm_values(plan: BroadcastPlan) -> dict[str, Any]:
    return {
        "every": plan.every,
        "weekdays": plan.weekdays,
        "day": plan.day,
        "time": plan.time,
        "until": plan.until,
    }


def suggested_rhythm(start: datetime, end: datetime) -> dict[str, Any]:
    """The window of a draft, every week on its weekday."""
    opens, closes = timezone.localtime(start), timezone.localtime(end)
    return {
        "every": BroadcastPlan.Every.WEEK,
        "weekdays": [opens.isoweekday()],
        "day": opens.day,
        "time": opens.time(),
        "until": closes.time(),
    }


def plan_values(plan: BroadcastPlan) -> dict[str, Any]:
    """A plan as the fields of its form."""
    share = next((one["share"] for one in plan.variants if one["letter"] == "A"), "")
    return {**message_values(plan), **rhythm_values(plan), "share_a": share}


def plan_rows(plan: BroadcastPlan) -> dict[str, Any]:
    return rows_for(plan.attachments, plan.variants)
