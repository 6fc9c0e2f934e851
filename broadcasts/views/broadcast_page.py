"""One broadcast: its message, how far it is, and what an operator can do with it (群发详情)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from broadcasts.models import Broadcast
from broadcasts.models.broadcast import MOVES, PAUSABLE
from broadcasts.selectors.approval import may_approve
from broadcasts.selectors.broadcast_links import broadcast_links
from broadcasts.selectors.consequences import stop_words
from broadcasts.selectors.message_parts import left_out_names, shown_attachments
from broadcasts.selectors.plans import MAY_REPEAT
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.progress import progress
from broadcasts.selectors.reminders import planned_reminders
from broadcasts.selectors.senders import names_of, possible_senders
from broadcasts.selectors.variant_results import variant_results
from broadcasts.selectors.windows import CutWindow, cut_window
from broadcasts.services import compose, control, trial
from broadcasts.views.asked import broadcast_of
from scrm.console.fields import row_number
from scrm.console.views import ConsolePage, RowAction, operator_of
from scrm.wecom import WeComError

State = Broadcast.State
# The picker of who gets the test; see `contacts/picker.html`.
_TESTERS = {
    "name": "staff",
    "url": reverse_lazy("console:contact-choices"),
    "most": trial.MOST_STAFF,
    "attrs": {"id": "test-staff", "source": "serving_id"},
}


class BroadcastPage(ConsolePage):
    template_name = "broadcasts/broadcast.html"
    permission = "broadcasts.view_broadcast"
    page_title = gettext_lazy("Broadcast")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        broadcast = broadcast_of(self.request, kwargs["pk"])
        return super().get_context_data(
            **shown(self.request, broadcast), **described(self.request, broadcast), **kwargs
        )


class BroadcastProgress(ConsolePage):
    """The part of the page that moves, asked for every few seconds while anything can change."""

    permission = "broadcasts.view_broadcast"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        broadcast = broadcast_of(request, kwargs["pk"])
        answer = render(request, "broadcasts/progress.html", shown(request, broadcast))
        if request.GET.get("state", broadcast.state) != broadcast.state:
            answer.headers["HX-Refresh"] = "true"
        return answer


def shown(request: HttpRequest, broadcast: Broadcast) -> dict[str, Any]:
    """What moves, and what an operator may do about it."""
    operator = operator_of(request)
    done = progress(broadcast) if broadcast.frozen_at else None
    listed = "broadcast-groups" if broadcast.is_for_groups else "broadcast-recipients"
    return {
        "broadcast": broadcast,
        "progress": done,
        "recipients_url": reverse(f"console:{listed}", args=[broadcast.pk]),
        "may_change": operator.has_perm("broadcasts.change_broadcast"),
        "may_add": operator.has_perm("broadcasts.add_broadcast"),
        "may_approve": broadcast.state == State.REVIEW
        and may_approve(broadcast, operator, now=timezone.now()),
        "may_withdraw": broadcast.state == State.REVIEW
        and broadcast.submitted_by_id == operator.pk,
        "may_repeat": broadcast.state == State.DRAFT and operator.has_perm(MAY_REPEAT),
        "may_pause": broadcast.state in PAUSABLE and broadcast.paused_at is None,
        "may_stop": State.STOPPED in MOVES[broadcast.state],
        "consequences": stop_words(broadcast, done),
        "is_live": _may_move(broadcast),
        "is_draft": broadcast.state == State.DRAFT,
        "reminders": planned_reminders(broadcast),
        "reminders_left": control.reminders_left(broadcast, now=timezone.now()),
        "terms": house_terms(),
        "cut": _cut(broadcast),
    }


def described(request: HttpRequest, broadcast: Broadcast) -> dict[str, Any]:
    """What stays as it was written."""
    operator = operator_of(request)
    may_test = broadcast.state in {State.DRAFT, State.REVIEW, State.SCHEDULED} and (
        operator.has_perm("broadcasts.change_broadcast")
    )
    return {
        "attachments": shown_attachments(broadcast.attachments),
        "variants": variant_results(broadcast),
        "links": broadcast_links(broadcast),
        "without": left_out_names(broadcast),
        "senders": names_of(broadcast.senders),
        "may_test": may_test,
        "testers": _TESTERS,
    }


def _cut(broadcast: Broadcast) -> CutWindow | None:
    """While it waits for its window; later it shows in what staff were given."""
    if broadcast.state not in {State.REVIEW, State.SCHEDULED, State.FREEZING}:
        return None
    terms = house_terms().over(broadcast.kind)
    return cut_window(terms, broadcast.window_start, broadcast.window_end)


def _may_move(broadcast: Broadcast) -> bool:
    """Whether a look in a few seconds could show something else."""
    if broadcast.state in {State.REVIEW, State.SCHEDULED, State.FREEZING} or broadcast.is_running:
        return True
    return broadcast.is_final and broadcast.batches.filter(is_final=False).exists()


class BroadcastAction(RowAction):
    """One act of an operator on one broadcast she may see."""

    permission = "broadcasts.change_broadcast"
    page = "console:broadcast"

    def row(self, request: HttpRequest, pk: int) -> Broadcast:
        return broadcast_of(request, pk)


class Schedule(BroadcastAction):
    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        control.schedule(broadcast=broadcast, operator=operator_of(request), now=timezone.now())
        messages.success(request, _("Scheduled. It starts when its window opens."))
        return redirect("console:broadcast", pk=broadcast.pk)


class Stop(BroadcastAction):
    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        control.stop(broadcast=broadcast, operator=operator_of(request), now=timezone.now())
        messages.success(
            request, _("Stopped. Tasks that staff have not confirmed are being cancelled in WeCom.")
        )
        return redirect("console:broadcast", pk=broadcast.pk)


class Pause(BroadcastAction):
    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        control.pause(broadcast=broadcast, operator=operator_of(request), now=timezone.now())
        messages.success(
            request, _("Paused. Nothing more is handed over; tasks that staff have stay with them.")
        )
        return redirect("console:broadcast", pk=broadcast.pk)


class Resume(BroadcastAction):
    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        control.resume(broadcast=broadcast, operator=operator_of(request), now=timezone.now())
        messages.success(request, _("It goes on."))
        return redirect("console:broadcast", pk=broadcast.pk)


class SendTrial(BroadcastAction):
    """Show the message to colleagues before customers see it."""

    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        operator = operator_of(request)
        chosen = [row_number(text) for text in request.POST.getlist("staff")]
        colleagues = possible_senders(operator).filter(
            pk__in=[number for number in chosen if number is not None]
        )
        try:
            sent = trial.send_trial(
                broadcast=broadcast,
                staff=list(colleagues[: trial.MOST_STAFF + 1]),
                operator=operator,
                now=timezone.now(),
            )
        except WeComError as error:
            messages.error(request, f"{error} {error.advice}")
        else:
            words = ngettext(
                "%(sent)d colleague has it now.", "%(sent)d colleagues have it now.", sent
            )
            messages.success(request, words % {"sent": sent})
        return redirect("console:broadcast", pk=broadcast.pk)


class Remind(BroadcastAction):
    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        tasks = control.remind(
            broadcast=broadcast, operator=operator_of(request), now=timezone.now()
        )
        words = ngettext(
            "%(tasks)d task is being reminded of.", "%(tasks)d tasks are being reminded of.", tasks
        )
        messages.success(request, words % {"tasks": tasks})
        if request.POST.get("to") == "cockpit":
            return redirect("console:broadcast-cockpit")
        return redirect("console:broadcast", pk=broadcast.pk)


class Refresh(BroadcastAction):
    permission = "broadcasts.view_broadcast"

    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        control.refresh(broadcast=broadcast, now=timezone.now())
        messages.success(request, _("WeCom is being asked for the latest results."))
        return redirect("console:broadcast", pk=broadcast.pk)


class Copy(BroadcastAction):
    permission = "broadcasts.add_broadcast"

    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        draft = compose.copy(broadcast=broadcast, operator=operator_of(request), now=timezone.now())
        messages.success(request, _("Copied. Check the message and the window."))
        return redirect("console:broadcast-edit", pk=draft.pk)


class Delete(BroadcastAction):
    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        compose.delete_draft(broadcast=broadcast, operator=operator_of(request), now=timezone.now())
        messages.success(request, _("The draft is deleted."))
        return redirect("console:broadcast-list")
