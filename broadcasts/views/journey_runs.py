"""Who is where in a journey (旅程进行中): the list, the way of one, and taking somebody out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Journey, JourneyRun
from broadcasts.selectors.journey_changes import steps_of
from broadcasts.selectors.journey_figures import OPEN, visible_runs
from broadcasts.selectors.journey_waiting import left_out
from broadcasts.selectors.journey_words import JourneyWords, journey_reason
from broadcasts.services.journey_exits import take_out
from broadcasts.views.journey_asked import CHANGE, VIEW, journey_of
from scrm.console.fields import without_nul
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

_SIZE = 50


class RunFilter(forms.Form):
    """What the list is narrowed to; `step` comes from the drawing."""

    q = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=64)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("Runs under way")),
            ("all", gettext_lazy("All")),
            *JourneyRun.State.choices,
        ],
    )
    step = forms.ChoiceField(label=gettext_lazy("Step"), required=False)

    def __init__(self, data: Any, *, steps: list[tuple[str, str]]) -> None:
        super().__init__(data)
        chosen: Any = self.fields["step"]
        chosen.choices = [("", _("All")), *steps]


class JourneyRunList(ConsolePage):
    """Who waits where, since when and until when."""

    template_name = "broadcasts/journeys/runs.html"
    permission = VIEW

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, journey = operator_of(self.request), journey_of(kwargs["pk"])
        words = JourneyWords()
        shown = journey.version.definition if journey.version else journey.draft
        titles = [(key, words.step_title(step)) for key, step in steps_of(shown).items()]
        form = RunFilter(self.request.GET, steps=titles)
        found = form.cleaned_data if form.is_valid() else {}
        page = window(
            _narrowed(visible_runs(operator).filter(journey=journey), journey, found),
            sort=Sort("pk"),
            cursor=self.request.GET.get("after", ""),
            size=_SIZE,
        )
        return super().get_context_data(
            title=_("Who is in “%(name)s”") % {"name": journey.name},
            journey=journey,
            form=form,
            window=page,
            rows=[run_row(run, words) for run in page.rows],
            may_change=operator.has_perm(CHANGE),
            **kwargs,
        )


def _narrowed(
    runs: QuerySet[JourneyRun], journey: Journey, found: dict[str, Any]
) -> QuerySet[JourneyRun]:
    runs = runs.select_related("contact", "group", "version", "send")
    state = found.get("state", "")
    if state != "all":
        runs = runs.filter(state__in=[state] if state else [*OPEN, JourneyRun.State.EXPECTED])
    if found.get("step"):
        runs = runs.filter(step=found["step"])
    query = without_nul(found.get("q", "")).strip()
    if query and journey.subject == Journey.Subject.GROUP:
        return runs.filter(group__name__icontains=query)
    return runs.filter(contact__name__icontains=query) if query else runs


def run_row(run: JourneyRun, words: JourneyWords) -> dict[str, Any]:
    """A run as the list and the cards show it."""
    step = steps_of(run.version.definition).get(run.step, {})
    return {
        "run": run,
        "step": words.step_title(step) if step else "",
        "until": run.due_at if run.state == JourneyRun.State.RUNNING else run.patience_until,
        "held_by": journey_reason(run.held_by) if run.held_by else "",
        "reason": journey_reason(run.reason) if run.reason else "",
        "is_open": run.state in {*OPEN, JourneyRun.State.EXPECTED},
    }


def left_out_words(run: JourneyRun) -> str:
    """Why the message she waits for will not go to her; "" when nothing is known against it."""
    reason = left_out(run, now=timezone.now())
    return journey_reason(reason) if reason else ""


class JourneyRunPage(ConsolePage):
    """The way of one customer or group: every step with its time and its why."""

    template_name = "broadcasts/journeys/run.html"
    permission = VIEW

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, words = operator_of(self.request), JourneyWords()
        kept = ("journey", "version", "contact", "group", "send__broadcast")
        runs = visible_runs(operator).select_related(*kept)
        run = get_object_or_404(runs, pk=kwargs["run"], journey_id=kwargs["pk"])
        steps = steps_of(run.version.definition)
        lines = [
            {
                "line": line,
                "title": words.step_title(steps[line.step]) if line.step in steps else "",
                "words": (
                    words.step(steps[line.step], run.journey.subject) if line.step in steps else ""
                ),
                "reason": journey_reason(line.reason) if line.reason else "",
            }
            for line in run.log.select_related("broadcast").order_by("pk")
        ]
        shown = {
            "run": run,
            "journey": run.journey,
            "row": run_row(run, words) | {"left_out": left_out_words(run)},
            "lines": lines,
            "trigger": words.trigger(run.version.definition),
            "may_change": operator.has_perm(CHANGE),
            "may_see_broadcast": operator.has_perm("broadcasts.view_broadcast"),
        }
        told = {"who": run.contact or run.group, "name": run.journey.name}
        return super().get_context_data(
            **(kwargs | {"title": _("%(who)s in “%(name)s”") % told} | shown)
        )


class TakeOut(ConsoleAction):
    """Take somebody out by hand, then back to where the button stood."""

    permission = CHANGE

    def post(self, request: HttpRequest, pk: int, run: int) -> HttpResponseBase:
        operator = operator_of(request)
        found = get_object_or_404(visible_runs(operator), pk=run, journey_id=pk)
        if take_out(run=found, operator=operator, now=timezone.now()):
            messages.success(request, _("Taken out. Nothing more happens in this journey."))
        else:
            messages.warning(request, _("This run was over already."))
        back = request.POST.get("back", "")
        if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
            back = reverse("console:journey-runs", args=[pk])
        return redirect(back)
