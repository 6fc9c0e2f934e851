"""Write a journey (编辑旅程): a form of steps beside its drawing.

Every button of the form is an ordinary submit: the server keeps what was typed, does what was
asked, and shows the form again. With the script the same happens without a new page.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from broadcasts.models import Journey
from broadcasts.policy.journey_definition import EXITS, REENTRIES, TRIGGERS
from broadcasts.policy.journey_values import Problem
from broadcasts.selectors.journey_definitions import draft_problems
from broadcasts.selectors.journey_words import (
    EXIT_TITLES,
    REENTRY_TITLES,
    TRIGGER_TITLES,
    JourneyWords,
)
from broadcasts.services.journeys import Seen, save_draft
from broadcasts.services.unfinished import NewerVersion
from broadcasts.views import journey_shape
from broadcasts.views.journey_asked import CHANGE, journey_of, materials
from broadcasts.views.journey_blanks import REENTRIES as REENTRY_BLANKS
from broadcasts.views.journey_blanks import STARTS, trigger_blanks
from broadcasts.views.journey_cards import Cards, kinds_of
from broadcasts.views.journey_flow import flow
from broadcasts.views.journey_posted import read_form, shape_of
from scrm.console.fields import row_number
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput, ScrmError


class JourneyEditor(ConsolePage):
    """The form. `?check=1` shows what is wrong; `?at=<step>` is where the eye shall go."""

    template_name = "broadcasts/journeys/editor.html"
    permission = CHANGE

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        journey = journey_of(kwargs["pk"])
        if journey.state == Journey.State.ARCHIVED:
            messages.warning(request, _("An archived journey cannot be changed. Copy it instead."))
            return redirect("console:journey", pk=journey.pk)
        return self.render_to_response(self.get_context_data(journey=journey))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        journey = kwargs["journey"]
        asked = self.request.GET
        return super().get_context_data(
            **{
                "title": _("Write “%(name)s”") % {"name": journey.name},
                "name": journey.name,
                "description": journey.description,
                "at": asked.get("at", ""),
                "revision": journey.revision,
                "page_key": uuid4(),
                **shown(journey, is_checked=bool(asked.get("check"))),
                **kwargs,
            }
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        journey, act = journey_of(kwargs["pk"]), request.POST.get("act", "")
        draft = read_form(request.POST, journey.draft, journey.subject)
        at = _acted(draft["steps"], act, subject=journey.subject)
        try:
            _saved(request, journey, draft)
        except InvalidInput as error:
            return self._again(journey, draft, errors={error.field: str(error)})
        except NewerVersion as error:
            return self._again(journey, draft, not_saved=str(error))
        except ScrmError as error:
            messages.error(request, str(error))
            return redirect("console:journey", pk=journey.pk)
        return self._next_page(request, journey, act, at)

    def _again(self, journey: Journey, draft: dict[str, Any], **why: Any) -> HttpResponse:
        """The form as it was typed, still on the revision it was typed on."""
        journey.draft, posted = draft, self.request.POST
        typed = {name: posted.get(name, "") for name in ("name", "description")}
        seen = {"revision": _revision_of(posted), "page_key": _page_of(posted)}
        again = self.get_context_data(journey=journey, **typed, **seen, **why)
        return self.render_to_response(again, status=422)

    def _next_page(self, request: HttpRequest, journey: Journey, act: str, at: str) -> HttpResponse:
        verb, _colon, rest = act.partition(":")
        here = reverse("console:journey-edit", args=[journey.pk])
        if verb == "rule":
            return redirect("console:journey-rule", pk=journey.pk, place=rest)
        if verb == "publish":
            definition, _problems = draft_problems(journey.draft)
            if definition is not None:
                return redirect("console:journey-publish", pk=journey.pk)
            messages.error(request, _("Not ready yet: see what is marked."))
            return redirect(f"{here}?check=1")
        if verb == "save":
            messages.success(request, _("The draft is saved."))
            return redirect("console:journey", pk=journey.pk)
        # The script keeps the focus on the button that moved a step.
        if not at or (verb != "add" and request.headers.get("HX-Request")):
            return redirect(here)
        return redirect(f"{here}?at={at}#step-{at}")


class JourneyAutosave(ConsoleAction):
    """Keep what was typed so far; answers with the drawing as it is now."""

    permission = CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        journey = journey_of(pk)
        problem = ""
        try:
            draft = read_form(request.POST, journey.draft, journey.subject)
            _saved(request, journey, draft, is_autosave=True)
        except ScrmError as error:
            problem = str(error)
        _definition, problems = draft_problems(journey.draft)
        context = {
            "journey": journey,
            "flow": _drawn(journey, problems),
            "mistakes": len(problems),
            "saved_at": None if problem else timezone.now(),
            "not_saved": problem,
            "revision": _revision_of(request.POST) if problem else journey.revision,
            "page_key": _page_of(request.POST),
        }
        return render(request, "broadcasts/journeys/beside.html", context)


def shown(journey: Journey, *, is_checked: bool) -> dict[str, Any]:
    """The form of a draft. Its mistakes stand at their blanks when it was checked."""
    draft, subject, words = journey.draft, journey.subject, JourneyWords()
    _definition, problems = draft_problems(draft)
    marked = problems if is_checked else []
    cards = Cards(subject, words=words, problems=marked, materials=materials())
    trigger, reentry = _part(draft, "trigger"), _part(draft, "reentry")
    return {
        "journey": journey,
        "subject": subject,
        "cards": cards.of(draft.get("steps")),
        "shape": json.dumps(shape_of(draft.get("steps"))),
        "kinds": kinds_of(subject),
        "trigger_kind": trigger.get("kind", ""),
        "trigger_kinds": [(kind, TRIGGER_TITLES[kind]) for kind in TRIGGERS[subject]],
        "trigger_fields": cards.filled(
            trigger_blanks(str(trigger.get("kind")), subject), trigger, "trigger"
        ),
        "entry": cards.rule("entry", draft.get("entry"), place="entry"),
        "exits": _exits(draft, cards),
        "reentry_kind": reentry.get("kind", "never"),
        "reentry_kinds": [(kind, REENTRY_TITLES[kind]) for kind in REENTRIES],
        "reentry_fields": cards.filled(
            REENTRY_BLANKS.get(str(reentry.get("kind")), ()), reentry, "reentry"
        ),
        "step_errors": cards.errors("steps"),
        "trigger_errors": cards.errors("trigger") + cards.errors("trigger.kind"),
        "flow": _drawn(journey, problems),
        "mistakes": len(problems),
        "is_checked": is_checked,
        "edit_url": reverse("console:journey-edit", args=[journey.pk]),
    }


def _drawn(journey: Journey, problems: list[Problem]) -> Any:
    by_step: dict[str, str] = {}
    for problem in problems:
        by_step.setdefault(problem.step, problem.message)
    return flow(journey.draft, words=JourneyWords(), problems=by_step)


def _exits(draft: dict[str, Any], cards: Cards) -> dict[str, Any]:
    """The exits as check boxes; the first rule can be changed, further ones travel along."""
    listed = draft.get("exits")
    items = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    rules = [(place, one) for place, one in enumerate(items) if one.get("kind") == "segment"]
    chosen = {one.get("kind") for one in items}
    place, first = rules[0] if rules else (len(items), {})
    return {
        "options": [(kind, EXIT_TITLES[kind], kind in chosen) for kind in EXITS[cards.subject]],
        "rule": cards.rule("exit", first.get("rule"), place=f"exits[{place}]"),
        "kept": [
            (json.dumps(one, ensure_ascii=False), cards.words.exit(one, cards.subject))
            for _place, one in rules[1:]
        ],
        "errors": [
            problem.message
            for problem in cards.problems
            if problem.field.startswith("exits") and not problem.field.endswith(".rule")
        ],
    }


def _part(draft: dict[str, Any], name: str) -> dict[str, Any]:
    part = draft.get(name)
    return part if isinstance(part, dict) else {}


def _acted(steps: list[dict[str, Any]], act: str, *, subject: str) -> str:
    """Do what a button of the form asks with the steps; returns the step to look at."""
    verb, _colon, rest = act.partition(":")
    if verb == "add":
        kind, _colon, place = rest.partition(":")
        if kind not in {known for known, _title, _icon in kinds_of(subject)}:
            return ""
        step = {"id": journey_shape.new_id(steps), "kind": kind, **STARTS.get(kind, {})}
        added = journey_shape.add(steps, step=json.loads(json.dumps(step)), place=place)
        return str(step["id"]) if added else ""
    if verb in {"up", "down"}:
        journey_shape.move(steps, rest, verb)
        return rest
    if verb == "remove":
        journey_shape.remove(steps, rest)
    return ""


def _revision_of(posted: QueryDict) -> int | None:
    return row_number(posted.get("revision", ""))


def _page_of(posted: QueryDict) -> UUID | None:
    try:
        return UUID(posted.get("page_key", ""))
    except ValueError:
        return None


def _saved(
    request: HttpRequest, journey: Journey, draft: dict[str, Any], *, is_autosave: bool = False
) -> Journey:
    return save_draft(
        journey=journey,
        name=request.POST.get("name", ""),
        description=request.POST.get("description", ""),
        draft=draft,
        seen=Seen(_revision_of(request.POST), _page_of(request.POST), is_autosave),
        operator=operator_of(request),
        now=timezone.now(),
    )
