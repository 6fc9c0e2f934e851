"""Recurring broadcasts (周期群发): list, page, rhythm, and what an operator does with them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import BroadcastPlan
from broadcasts.selectors.message_parts import left_out_names, shown_attachments
from broadcasts.selectors.plans import (
    MAY_REPEAT,
    listed_plans,
    rhythm_of,
    rhythm_words,
    visible_plans,
)
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.progress import listed
from broadcasts.selectors.senders import names_of
from broadcasts.selectors.windows import CutWindow, cut_window
from broadcasts.services import plan_changes, plans
from broadcasts.views.asked import broadcast_of
from broadcasts.views.composer import MessagePage
from broadcasts.views.plan_form import (
    PlanForm,
    RhythmForm,
    plan_rows,
    plan_values,
    suggested_rhythm,
)
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, RowAction, operator_of
from scrm.errors import InvalidInput, ScrmError

NEWEST_FIRST = Sort("created_at")
MAY_LOOK, MAY_CHANGE = "broadcasts.view_broadcastplan", "broadcasts.change_broadcastplan"
MADE_SHOWN = 20


def plan_of(request: HttpRequest, pk: int) -> BroadcastPlan:
    """Raises Http404 when there is none that this operator may see."""
    return get_object_or_404(visible_plans(operator_of(request)), pk=pk)


class PlanListPage(ConsolePage):
    template_name = "broadcasts/plan_list.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Recurring broadcasts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        found = listed_plans(operator)
        page = window(
            found,
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s recurring broadcasts") % {"number": counted(found)},
        )
        return super().get_context_data(
            window=page,
            rows=[(plan, rhythm_words(plan)) for plan in page.rows],
            may_write=operator.has_perm(MAY_REPEAT),
            **kwargs,
        )


class PlanPage(ConsolePage):
    template_name = "broadcasts/plan.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Recurring broadcast")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plan = plan_of(self.request, kwargs["pk"])
        return super().get_context_data(
            plan=plan,
            cut=_next_cut(plan),
            rhythm=rhythm_words(plan),
            attachments=shown_attachments(plan.attachments),
            without=left_out_names(plan),
            senders=names_of(plan.senders),
            made=listed().filter(plan=plan).order_by("-fire_at")[:MADE_SHOWN],
            may_change=operator_of(self.request).has_perm(MAY_CHANGE),
            **kwargs,
        )


def _next_cut(plan: BroadcastPlan) -> CutWindow | None:
    """Of its next time, unless it is switched off."""
    if plan.next_at is None:
        return None
    closes_at = rhythm_of(plan).closes_at(plan.next_at)
    return cut_window(house_terms().over(plan.kind), plan.next_at, closes_at)


class RepeatDraft(ConsolePage):
    """Give a draft a rhythm: a recurring broadcast that says what the draft says."""

    template_name = "broadcasts/plan_repeat.html"
    permission = MAY_REPEAT
    page_title = gettext_lazy("New recurring broadcast")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        broadcast = broadcast_of(self.request, kwargs["pk"])
        if "form" not in kwargs:
            initial = suggested_rhythm(broadcast.window_start, broadcast.window_end)
            kwargs["form"] = RhythmForm(initial=initial)
        return super().get_context_data(broadcast=broadcast, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        broadcast = broadcast_of(request, kwargs["pk"])
        form = RhythmForm(request.POST)
        if form.is_valid():
            try:
                plan = plans.create_plan(
                    broadcast=broadcast,
                    rhythm=form.rhythm(),
                    operator=operator_of(request),
                    now=timezone.now(),
                )
            except InvalidInput as error:
                form.add_error(_field(error, form), str(error))
            except ScrmError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("It recurs from now on. The draft stays as it is."))
                return redirect("console:broadcast-plan", pk=plan.pk)
        return self.render_to_response(self.get_context_data(form=form, **kwargs), status=422)


class EditPlan(MessagePage):
    """Message and rhythm of a plan; broadcasts it made stay as they were."""

    permission = MAY_CHANGE
    page_title = gettext_lazy("Change the recurring broadcast")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        plan = plan_of(request, kwargs["pk"])
        form = self.form(initial=plan_values(plan), **plan_rows(plan))
        return self.render_to_response(self.get_context_data(form=form))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        plan = plan_of(request, kwargs["pk"])
        if self.asks_for_more():
            form = self.form(request.POST, is_unfinished=True)
            return self.render_to_response(self.get_context_data(form=form))
        form = self.form(request.POST)
        if form.is_valid():
            try:
                plan_changes.change_plan(
                    plan=plan,
                    draft=form.draft(),
                    rhythm=form.rhythm(),
                    operator=operator_of(request),
                    now=timezone.now(),
                )
            except ScrmError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Saved. It says this from the next time on."))
                return redirect("console:broadcast-plan", pk=plan.pk)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form(self, data: Any = None, **options: Any) -> PlanForm:
        operator = operator_of(self.request)
        return PlanForm(data, operator=operator, now=timezone.now(), **options)


class PlanAction(RowAction):
    permission = MAY_CHANGE
    page = "console:broadcast-plan"

    def row(self, request: HttpRequest, pk: int) -> BroadcastPlan:
        return plan_of(request, pk)


class PausePlan(PlanAction):
    def act(self, request: HttpRequest, plan: BroadcastPlan) -> None:
        plans.switch_plan(plan=plan, is_active=False, **self.acting())
        messages.success(request, _("Paused. No broadcast is made of it until it is switched on."))


class ResumePlan(PlanAction):
    def act(self, request: HttpRequest, plan: BroadcastPlan) -> None:
        plans.switch_plan(plan=plan, is_active=True, **self.acting())
        messages.success(request, _("Switched on from its next time."))


class DeletePlan(PlanAction):
    def act(self, request: HttpRequest, plan: BroadcastPlan) -> HttpResponseBase:
        plan_changes.delete_plan(plan=plan, **self.acting())
        messages.success(request, _("The recurring broadcast is deleted."))
        return redirect("console:broadcast-plans")


def _field(error: InvalidInput, form: RhythmForm) -> str | None:
    named = {"window_start": "time", "window_end": "until"}.get(error.field, error.field)
    return named if named in form.fields else None
