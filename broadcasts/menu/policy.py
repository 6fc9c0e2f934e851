"""The pages of the rules of reaching people (触达治理)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views import reach_policy
from broadcasts.views.reach_calendar import ReachCalendarPage
from scrm.console.pages import Page, Section, register
from scrm.console.views import ConsoleAction

_ACTS: dict[str, type[ConsoleAction]] = {
    "preview": reach_policy.Preview,
    "reset": reach_policy.Reset,
    "draw": reach_policy.DrawHoldout,
}


def register_pages() -> None:
    register(
        Page(
            name="reach-calendar",
            path="reach/calendar/",
            view=ReachCalendarPage.as_view(),
            section=Section.BROADCASTS,
            permission=ReachCalendarPage.permission,
            label=_("Touch calendar"),
            icon="calendar_month",
            order=80,
        )
    )
    register(
        Page(
            name="reach-policy",
            path="reach/policy/",
            view=reach_policy.ReachPolicyPage.as_view(),
            section=Section.BROADCASTS,
            permission=reach_policy.ReachPolicyPage.permission,
            label=_("Frequency and quiet hours"),
            icon="shield_person",
            order=90,
        )
    )
    for act, view in _ACTS.items():
        register(
            Page(
                name=f"reach-policy-{act}",
                path=f"reach/policy/{act}/",
                view=view.as_view(),
                section=Section.BROADCASTS,
                permission=view.permission,
            )
        )
