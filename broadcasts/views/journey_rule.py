"""Write a rule of a journey with the builder of segments: its entry, an exit, a condition."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from broadcasts.models import Journey
from broadcasts.policy.journey_definition import GROUP
from broadcasts.selectors.journey_definitions import base_of
from broadcasts.selectors.journey_words import JourneyWords
from broadcasts.services.journeys import Seen, save_draft
from broadcasts.views.journey_asked import CHANGE, journey_of
from broadcasts.views.journey_posted import read_json
from broadcasts.views.journey_shape import walk
from contacts.selectors.segments import builder_vocabulary
from contacts.views.segment_texts import builder_texts
from scrm.console.fields import row_number
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import ScrmError
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError

_EVERYBODY: dict[str, Any] = {"all": []}


class JourneyRule(ConsolePage):
    """`place` is "entry", "exit", or "<step>-rule" of a condition. Whoever saves names the
    revision of the draft that the page was opened on, as in the editor.
    """

    template_name = "broadcasts/journeys/rule.html"
    permission = CHANGE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        journey, place = journey_of(kwargs["pk"]), kwargs["place"]
        holder, name = _place(copy.deepcopy(journey.draft), place)
        rule = kwargs.get("rule", holder.get(name) or _EVERYBODY)
        return super().get_context_data(
            **{
                "title": _title(journey, holder, place),
                "journey": journey,
                "is_group": journey.subject == GROUP,
                "vocabulary": builder_vocabulary(rule, base=base_of(journey.subject)),
                "texts": builder_texts(),
                "back": _back(journey, holder),
                "revision": journey.revision,
                **kwargs,
                "rule": rule,
            }
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        journey = journey_of(kwargs["pk"])
        draft = copy.deepcopy(journey.draft)
        holder, name = _place(draft, kwargs["place"])
        rule = read_json(request.POST.get("rule", ""))
        revision = row_number(request.POST.get("revision", ""))
        try:
            read_rule(rule, base=base_of(journey.subject))
            is_everybody = rule == _EVERYBODY
            holder[name] = None if is_everybody else rule
            save_draft(
                journey=journey,
                draft=draft,
                seen=Seen(revision),
                operator=operator_of(request),
                now=timezone.now(),
            )
        except (RuleError, ScrmError) as error:
            typed = {"rule": rule or _EVERYBODY, "revision": revision}
            again = self.get_context_data(**kwargs, problem=str(error), **typed)
            return self.render_to_response(again, status=422)
        messages.success(request, _("The rule is in the draft."))
        return redirect(_back(journey, holder))


def _place(draft: dict[str, Any], place: str) -> tuple[dict[str, Any], str]:
    """What holds the rule, inside `draft`, and under which name. Raises Http404."""
    if place == "entry":
        return draft, "entry"
    if place == "exit":
        listed = draft.get("exits")
        exits = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        found = next((one for one in exits if one.get("kind") == "segment"), None)
        if found is None:
            found = {"kind": "segment", "rule": None}
            exits.append(found)
        draft["exits"] = exits
        return found, "rule"
    key, _dash, name = place.rpartition("-")
    for step in walk(draft.get("steps")):
        if name == "rule" and step.get("id") == key and step.get("kind") == "condition":
            return step, "rule"
    raise Http404


def _title(journey: Journey, holder: dict[str, Any], place: str) -> str:
    if place == "entry":
        return _("Who may begin “%(name)s”?") % {"name": journey.name}
    if place == "exit":
        return _("What ends “%(name)s” early?") % {"name": journey.name}
    return _("What does “%(step)s” ask?") % {"step": JourneyWords().step_title(holder)}


def _back(journey: Journey, holder: dict[str, Any]) -> str:
    here = reverse("console:journey-edit", args=[journey.pk])
    step = holder.get("id")
    return f"{here}?at={step}#step-{step}" if step else here
