"""Journeys (SOP旅程): the list, and a new one, empty or from a ready template."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy

from broadcasts.models import Journey
from broadcasts.selectors.journey_figures import ListFigures, list_figures
from broadcasts.selectors.journey_templates import TEMPLATES, template
from broadcasts.selectors.journey_words import JourneyWords
from broadcasts.services.journeys import create_journey
from broadcasts.views.journey_asked import ADD, CHANGE, VIEW
from scrm.console.fields import without_nul
from scrm.console.paging import Sort, window
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput


class JourneyFilter(forms.Form):
    """What the list is narrowed to."""

    q = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=64)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("All but archived")),
            *Journey.State.choices,
        ],
    )
    subject = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        required=False,
        choices=[("", gettext_lazy("All")), *Journey.Subject.choices],
    )


class JourneyListPage(ConsolePage):
    template_name = "broadcasts/journeys/list.html"
    permission = VIEW
    page_title = gettext_lazy("SOP journeys")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, words = operator_of(self.request), JourneyWords()
        form = JourneyFilter(self.request.GET)
        found = form.cleaned_data if form.is_valid() else {}
        page = window(
            _narrowed(found),
            sort=Sort("updated_at"),
            cursor=self.request.GET.get("after", ""),
            size=20,
        )
        figures = list_figures(page.rows, operator)
        return super().get_context_data(
            window=page,
            rows=[
                {
                    "journey": journey,
                    "trigger": words.trigger(_in_force(journey)),
                    "figures": figures.get(journey.pk, ListFigures()),
                }
                for journey in page.rows
            ],
            form=form,
            is_narrowed=any(found.values()),
            templates=TEMPLATES,
            may_add=operator.has_perm(ADD),
            **kwargs,
        )


def _narrowed(found: dict[str, Any]) -> Any:
    journeys = Journey.objects.select_related("version")
    if found.get("state"):
        journeys = journeys.filter(state=found["state"])
    else:
        journeys = journeys.exclude(state=Journey.State.ARCHIVED)
    if found.get("subject"):
        journeys = journeys.filter(subject=found["subject"])
    if found.get("q"):
        journeys = journeys.filter(name__icontains=without_nul(found["q"]))
    return journeys


def _in_force(journey: Journey) -> dict[str, Any]:
    shown: dict[str, Any] = journey.draft if journey.version is None else journey.version.definition
    return shown


class NewJourney(ConsolePage):
    """A name, and what it begins with: `?template=<key>` is chosen already."""

    template_name = "broadcasts/journeys/new.html"
    permission = ADD
    page_title = gettext_lazy("New journey")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chosen = template(kwargs.get("chosen", self.request.GET.get("template", "")))
        return super().get_context_data(
            **{
                "name": str(chosen.name) if chosen else "",
                "templates": TEMPLATES,
                **kwargs,
                "chosen": chosen.key if chosen else kwargs.get("chosen", "contact"),
            }
        )

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        begins, name = request.POST.get("begins", ""), request.POST.get("name", "")
        chosen = template(begins)
        try:
            journey = create_journey(
                name=name,
                subject=chosen.subject if chosen else begins,
                description=str(chosen.purpose) if chosen else "",
                draft=chosen.draft() if chosen else None,
                operator=operator_of(request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            again = self.get_context_data(
                name=name, chosen=begins, errors={error.field: str(error)}
            )
            return self.render_to_response(again, status=422)
        if operator_of(request).has_perm(CHANGE):
            return redirect("console:journey-edit", pk=journey.pk)
        return redirect("console:journey", pk=journey.pk)
