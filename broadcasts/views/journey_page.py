"""One journey (旅程详情): its flow with live counts, its funnel, and what can be done with it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.generic import View

from broadcasts.models import Journey, JourneyVersion
from broadcasts.selectors.journey_figures import figures
from broadcasts.selectors.journey_words import JourneyWords
from broadcasts.services import journeys
from broadcasts.views.journey_asked import ADD, CHANGE, VIEW, journey_of
from broadcasts.views.journey_datasets import funnel, reasons, step_counts
from broadcasts.views.journey_flow import flow
from scrm.console.export import csv_response
from scrm.console.fields import row_number
from scrm.console.models import Operator
from scrm.console.views import ConsolePage, Guarded, RowAction, operator_of

State = Journey.State


class JourneyPage(ConsolePage):
    """The version in force, or the one that `?version=` names."""

    template_name = "broadcasts/journeys/journey.html"
    permission = VIEW

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, journey = operator_of(self.request), journey_of(kwargs["pk"])
        version, words = asked_version(self.request, journey), JourneyWords()
        shown = version.definition if version else journey.draft
        subject = journey.subject
        exits = [words.exit(one, subject) for one in _items(shown.get("exits"))]
        charts: dict[str, Any] = {}
        if version is not None:
            found = figures(version, operator)
            charts = {"funnel": funnel(version, found, words), "reasons": reasons(found)}
        return super().get_context_data(
            title=journey.name,
            journey=journey,
            version=version,
            versions=journey.versions.order_by("-number").values_list("number", flat=True),
            exits=exits,
            reentry=words.reentry(shown.get("reentry") or {"kind": "never"}),
            enrolments=journey.enrolments.select_related("created_by")[:3],
            **charts,
            **live(journey, version, operator, words),
            **acts(journey, operator),
            **kwargs,
        )


class JourneyLive(ConsolePage):
    """The drawing with its counts, asked for anew while the page is looked at."""

    permission = VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        journey = journey_of(kwargs["pk"])
        version = asked_version(request, journey)
        context = live(journey, version, operator_of(request), JourneyWords())
        return render(
            request,
            "broadcasts/journeys/live.html",
            {"journey": journey, "version": version, **context},
        )


def live(
    journey: Journey, version: JourneyVersion | None, operator: Operator, words: JourneyWords
) -> dict[str, Any]:
    """What changes while one looks."""
    if version is None:
        return {"flow": flow(journey.draft, words=words), "figures": None}
    found = figures(version, operator)
    drawn = flow(version.definition, words=words, counts=step_counts(found), entered=found.begun)
    return {"flow": drawn, "figures": found}


def acts(journey: Journey, operator: Operator) -> dict[str, bool]:
    """Which buttons the operator has."""
    may_change = operator.has_perm(CHANGE)
    return {
        "may_change": may_change,
        "may_edit": may_change and journey.state != State.ARCHIVED,
        "may_copy": operator.has_perm(ADD),
        "may_publish": may_change and journey.state != State.ARCHIVED and journey.has_changes,
        "may_enrol": may_change and journey.state == State.ACTIVE,
    }


def asked_version(request: HttpRequest, journey: Journey) -> JourneyVersion | None:
    """Raises Http404 for a version there is none of."""
    asked = request.GET.get("version", "")
    if not asked:
        return journey.version
    number = row_number(asked)
    return get_object_or_404(journey.versions, number=-1 if number is None else number)


def _items(listed: object) -> list[dict[str, Any]]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


class JourneyDownload(Guarded, View):
    """The rows behind a chart of the page as CSV."""

    http_method_names = ["get"]
    permission = VIEW
    datasets = ("funnel", "reasons")

    def get(self, request: HttpRequest, pk: int, dataset: str) -> StreamingHttpResponse:
        journey = journey_of(pk)
        version = asked_version(request, journey)
        if version is None or dataset not in self.datasets:
            raise Http404
        found = figures(version, operator_of(request))
        made = funnel(version, found, JourneyWords()) if dataset == "funnel" else reasons(found)
        name = f"journey-{journey.pk}-v{version.number}-{made.key}.csv"
        return csv_response(name, made.header, made.file_rows())


class JourneyAction(RowAction):
    permission = CHANGE
    page = "console:journey"

    def row(self, _request: HttpRequest, pk: int) -> Journey:
        return journey_of(pk)


class Pause(JourneyAction):
    def act(self, request: HttpRequest, journey: Journey) -> None:
        journeys.pause(journey=journey, **self.acting())
        messages.success(
            request, _("Paused. Nobody begins and nobody moves on until you resume it.")
        )


class Resume(JourneyAction):
    def act(self, request: HttpRequest, journey: Journey) -> None:
        journeys.resume(journey=journey, **self.acting())
        messages.success(request, _("Active again. Everybody goes on from where they stand."))


class Archive(JourneyAction):
    def act(self, request: HttpRequest, journey: Journey) -> None:
        journeys.archive(journey=journey, **self.acting())
        messages.success(request, _("Archived. Everybody who was under way has left."))


class Copy(JourneyAction):
    permission = ADD

    def act(self, request: HttpRequest, journey: Journey) -> HttpResponseBase:
        made = journeys.copy_journey(journey=journey, **self.acting())
        messages.success(request, _("Copied. Nothing runs before you publish it."))
        return redirect("console:journey", pk=made.pk)


class Delete(JourneyAction):
    def act(self, request: HttpRequest, journey: Journey) -> HttpResponseBase:
        journeys.delete_draft(journey=journey, **self.acting())
        messages.success(request, _("The draft is deleted."))
        return redirect("console:journey-list")
