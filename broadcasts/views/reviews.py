"""The approval inbox (审批), and the word that is given there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Broadcast
from broadcasts.selectors.message_parts import shown_attachments
from broadcasts.selectors.reviews import MAY_APPROVE, waiting_for_review
from broadcasts.services import review
from broadcasts.views.broadcast_page import BroadcastAction
from scrm.console.views import ConsolePage, operator_of

SHOWN = 100


class ReviewInbox(ConsolePage):
    """Every submitted broadcast with its message, and a word to give on it."""

    template_name = "broadcasts/review_list.html"
    permission = MAY_APPROVE
    page_title = gettext_lazy("Approvals")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        waiting = [
            {"broadcast": broadcast, "attachments": shown_attachments(broadcast.attachments)}
            for broadcast in waiting_for_review(operator)[:SHOWN]
        ]
        return super().get_context_data(waiting=waiting, now=timezone.now(), **kwargs)


class Submit(BroadcastAction):
    """Ask for approval."""

    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        review.submit(broadcast=broadcast, operator=operator_of(request), now=timezone.now())
        messages.success(request, _("Submitted. It is scheduled as soon as it is approved."))
        return redirect("console:broadcast", pk=broadcast.pk)


class Approve(BroadcastAction):
    permission = MAY_APPROVE

    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        review.approve(
            broadcast=broadcast,
            operator=operator_of(request),
            note=request.POST.get("note", ""),
            now=timezone.now(),
        )
        messages.success(request, _("Approved and scheduled."))
        return redirect("console:broadcast", pk=broadcast.pk)


class Reject(BroadcastAction):
    permission = MAY_APPROVE

    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        review.reject(
            broadcast=broadcast,
            operator=operator_of(request),
            note=request.POST.get("note", ""),
            now=timezone.now(),
        )
        messages.success(request, _("Sent back to its author with your note."))
        return redirect("console:broadcast-reviews")


class Withdraw(BroadcastAction):
    """Take back what was submitted, to change it."""

    def act(self, request: HttpRequest, broadcast: Broadcast) -> HttpResponseBase:
        review.withdraw(broadcast=broadcast, operator=operator_of(request), now=timezone.now())
        messages.success(request, _("Taken back. It is a draft again."))
        return redirect("console:broadcast-edit", pk=broadcast.pk)
