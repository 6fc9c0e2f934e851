"""Publish a journey (发布旅程) after a look at what changes; its versions, each with what it changed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from broadcasts.models import Journey, JourneyVersion
from broadcasts.selectors.journey_changes import changes, steps_of
from broadcasts.selectors.journey_definitions import draft_problems
from broadcasts.selectors.journey_figures import OPEN
from broadcasts.selectors.journey_words import JourneyWords
from broadcasts.services.journeys import NotPublishable, publish
from broadcasts.views.journey_asked import CHANGE, VIEW, journey_of
from broadcasts.views.journey_cards import cost_words
from broadcasts.views.journey_flow import flow
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import ScrmError

_VERSIONS_SHOWN = 30


class JourneyPublish(ConsolePage):
    """What would change, and the button that changes it."""

    template_name = "broadcasts/journeys/publish.html"
    permission = CHANGE

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        journey = journey_of(kwargs["pk"])
        if journey.state == Journey.State.ARCHIVED:
            messages.warning(request, _("An archived journey cannot be published."))
            return redirect("console:journey", pk=journey.pk)
        definition, _problems = draft_problems(journey.draft)
        if definition is None:
            return redirect(_marked(journey))
        return self.render_to_response(self.get_context_data(journey=journey))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        journey, words = kwargs["journey"], JourneyWords()
        before = journey.version
        return super().get_context_data(
            title=_("Publish “%(name)s”") % {"name": journey.name},
            flow=flow(journey.draft, words=words),
            changes=changes(before.definition, journey.draft, words) if before else [],
            next_number=journey.versions.count() + 1,
            costs=_costs(journey, words),
            open_runs=journey.runs.filter(state__in=OPEN).count(),
            **kwargs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        journey = journey_of(kwargs["pk"])
        try:
            version = publish(journey=journey, operator=operator_of(request), now=timezone.now())
        except NotPublishable:
            messages.error(request, _("Not ready yet: see what is marked."))
            return redirect(_marked(journey))
        except ScrmError as error:
            messages.error(request, str(error))
        else:
            words = _("Version %(number)d is in force for whoever begins from now on.")
            messages.success(request, words % {"number": version.number})
        return redirect("console:journey", pk=journey.pk)


class JourneyVersions(ConsolePage):
    """Every version, the newest first, with what it changed."""

    template_name = "broadcasts/journeys/versions.html"
    permission = VIEW

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        journey, words = journey_of(kwargs["pk"]), JourneyWords()
        listed = journey.versions.select_related("published_by").order_by("-number")
        kept: list[JourneyVersion | None] = [*listed[: _VERSIONS_SHOWN + 1], None]
        rows = [
            {
                "version": version,
                "is_current": version.pk == journey.version_id,
                "changes": changes(before.definition, version.definition, words) if before else [],
                "is_first": before is None,
                "open": version.runs.filter(state__in=OPEN).count(),
            }
            for version, before in pairwise(kept)
            if version is not None
        ]
        return super().get_context_data(
            title=_("Versions of %(name)s") % {"name": journey.name},
            journey=journey,
            rows=rows[:_VERSIONS_SHOWN],
            **kwargs,
        )


def _costs(journey: Journey, words: JourneyWords) -> list[tuple[str, str]]:
    """Steps whose words cost staff more than others: (title, how)."""
    told = (
        (words.step_title(step), cost_words(step, journey.subject))
        for step in steps_of(journey.draft).values()
    )
    return [(title, cost) for title, cost in told if cost]


def _marked(journey: Journey) -> str:
    return reverse("console:journey-edit", args=[journey.pk]) + "?check=1"
