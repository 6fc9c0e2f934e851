"""The calendar of touches (触达日历)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from broadcasts.selectors.calendar import Month, month_of, uses_of
from broadcasts.views.policy_form import WEEKDAYS
from contacts.models import Segment
from scrm.console.models import Operator
from scrm.console.views import ConsolePage, operator_of
from scrm.segments.parse import RuleError

_YEARS = range(2000, 2100)


class ReachCalendarPage(ConsolePage):
    """`?month=2026-03&segment=7`; anything else that stands there means this month, no segment.
    `&day=2026-03-10` lists what used and reserves that day, `&day=all` what used the month.
    """

    template_name = "broadcasts/reach_calendar.html"
    permission = "broadcasts.view_broadcast"
    page_title = _("Touch calendar")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        operator = operator_of(self.request)
        first = _month(self.request.GET.get("month", ""), timezone.localdate(now))
        segments = list(Segment.objects.filter(is_archived=False).order_by("name"))
        wanted = self.request.GET.get("segment", "")
        segment = next((one for one in segments if str(one.pk) == wanted), None)
        try:
            month = month_of(first, operator, segment=segment, now=now)
        except RuleError as error:
            messages.error(self.request, str(error))
            segment = None
            month = month_of(first, operator, segment=None, now=now)
        return super().get_context_data(
            month=month,
            segments=segments,
            segment=segment,
            weekdays=WEEKDAYS,
            listed=_listed(self.request.GET.get("day", ""), month, operator, segment, now),
            **kwargs,
        )


def _listed(
    asked: str, month: Month, operator: Operator, segment: Segment | None, now: datetime
) -> dict[str, Any] | None:
    """What used and reserves the day that was asked for, or used the whole month."""
    try:
        day = None if asked == "all" else month.on(date.fromisoformat(asked))
    except ValueError:
        return None
    if day is None and asked != "all":
        return None
    when = day.day if day else None
    return {"day": day, "uses": uses_of(month, operator, segment=segment, day=when, now=now)}


def _month(text: str, today: date) -> date:
    """The first day of a month written like 2026-03."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return asked if asked.year in _YEARS else today.replace(day=1)
