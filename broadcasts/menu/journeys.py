"""The pages of journeys (SOP旅程): list, form, page, runs, test run; their cards."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views import (
    journey_card_data,
    journey_editor,
    journey_enrol,
    journey_page,
    journey_publish,
    journey_rule,
    journey_runs,
    journey_test,
)
from broadcasts.views.journey_list import JourneyListPage, NewJourney
from scrm.console.cards import Card, Place
from scrm.console.cards import register as register_card
from scrm.console.pages import Page, Section, register
from scrm.console.views import ConsoleAction, ConsolePage

_PAGES: tuple[
    tuple[str, str, type[ConsolePage | ConsoleAction | journey_page.JourneyDownload]], ...
] = (
    ("journey-new", "new/", NewJourney),
    ("journey", "<int:pk>/", journey_page.JourneyPage),
    ("journey-live", "<int:pk>/live/", journey_page.JourneyLive),
    ("journey-data", "<int:pk>/data/<slug:dataset>/", journey_page.JourneyDownload),
    ("journey-edit", "<int:pk>/edit/", journey_editor.JourneyEditor),
    ("journey-autosave", "<int:pk>/autosave/", journey_editor.JourneyAutosave),
    ("journey-rule", "<int:pk>/rule/<str:place>/", journey_rule.JourneyRule),
    ("journey-publish", "<int:pk>/publish/", journey_publish.JourneyPublish),
    ("journey-versions", "<int:pk>/versions/", journey_publish.JourneyVersions),
    ("journey-test", "<int:pk>/test/", journey_test.JourneyTest),
    ("journey-enrol", "<int:pk>/enrol/", journey_enrol.JourneyEnrol),
    ("journey-enrolment", "<int:pk>/enrol/<int:enrolment>/", journey_enrol.EnrolmentPage),
    (
        "journey-enrolment-cancel",
        "<int:pk>/enrol/<int:enrolment>/cancel/",
        journey_enrol.CancelEnrolment,
    ),
    ("journey-runs", "<int:pk>/runs/", journey_runs.JourneyRunList),
    ("journey-run", "<int:pk>/runs/<int:run>/", journey_runs.JourneyRunPage),
    ("journey-take-out", "<int:pk>/runs/<int:run>/take-out/", journey_runs.TakeOut),
    ("journey-pause", "<int:pk>/pause/", journey_page.Pause),
    ("journey-resume", "<int:pk>/resume/", journey_page.Resume),
    ("journey-archive", "<int:pk>/archive/", journey_page.Archive),
    ("journey-copy", "<int:pk>/copy/", journey_page.Copy),
    ("journey-delete", "<int:pk>/delete/", journey_page.Delete),
)


def register_pages() -> None:
    for name, path, view in _PAGES:
        register(
            Page(
                name=name,
                path=f"journeys/{path}",
                view=view.as_view(),
                section=Section.BROADCASTS,
                permission=view.permission,
            )
        )
    register(
        Page(
            name="journey-list",
            path="journeys/",
            view=JourneyListPage.as_view(),
            section=Section.BROADCASTS,
            permission=JourneyListPage.permission,
            label=_("SOP journeys"),
            icon="route",
            order=20,
        )
    )
    _register_cards()


def _register_cards() -> None:
    register_card(
        Card(
            name="contact-journeys",
            place=Place.CONTACT,
            template="broadcasts/journeys/contact_card.html",
            data=journey_card_data.contact_journeys,
            title=_("Journeys"),
            order=55,
            permission="contacts.view_contact",
            span=12,
        )
    )
    register_card(
        Card(
            name="journeys",
            place=Place.HOME,
            template="broadcasts/journeys/home_card.html",
            data=journey_card_data.home_journeys,
            title=_("SOP journeys"),
            order=76,
            permission="broadcasts.view_journey",
            span=6,
        )
    )
