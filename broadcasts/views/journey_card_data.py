"""Journeys on other pages: of a customer, and at home."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from broadcasts.models import Journey, JourneyRun
from broadcasts.selectors.journey_figures import ListFigures, list_figures
from broadcasts.selectors.journey_words import JourneyWords
from broadcasts.views.journey_asked import ADD, CHANGE, VIEW
from broadcasts.views.journey_runs import left_out_words, run_row
from scrm.console.cards import Asked

_RUNS_SHOWN = 20
_AT_HOME = 5


def contact_journeys(asked: Asked) -> dict[str, Any] | None:
    """The journeys she is in and was in, the last first; None when there are no journeys at all."""
    if not Journey.objects.exclude(state=Journey.State.DRAFT).exists():
        return None
    words = JourneyWords()
    runs = (
        JourneyRun.objects.filter(contact=asked.subject_id)
        .exclude(state=JourneyRun.State.REFUSED)
        .select_related("journey", "version", "contact", "group", "send__broadcast")
        .order_by("-pk")[: _RUNS_SHOWN + 1]
    )
    rows = [
        run_row(run, words)
        | {"trigger": words.trigger(run.version.definition), "left_out": left_out_words(run)}
        for run in runs
    ]
    return {
        "rows": rows[:_RUNS_SHOWN],
        "is_cut": len(rows) > _RUNS_SHOWN,
        "may_see": asked.operator.has_perm(VIEW),
        "may_change": asked.operator.has_perm(CHANGE),
        "back": reverse("console:contact", args=[asked.subject_id]),
    }


def home_journeys(asked: Asked) -> dict[str, Any]:
    """The journeys that run, or could."""
    states = (Journey.State.ACTIVE, Journey.State.PAUSED)
    journeys = list(Journey.objects.filter(state__in=states).order_by("-updated_at")[:_AT_HOME])
    figures = list_figures(journeys, asked.operator)
    return {
        "rows": [
            {"journey": journey, "figures": figures.get(journey.pk, ListFigures())}
            for journey in journeys
        ],
        "may_add": asked.operator.has_perm(ADD),
    }
