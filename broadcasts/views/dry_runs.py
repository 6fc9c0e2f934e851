"""The dry run (预演): who would get it, who would not and why, before anything happens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Broadcast
from broadcasts.selectors.approval import needs_approval
from broadcasts.selectors.current_rules import renewed
from broadcasts.selectors.dry_run import LISTED, DryRun, customers_with, dry_run
from broadcasts.selectors.group_dry_run import GroupDryRun, group_dry_run, groups_with
from broadcasts.selectors.message_parts import shown_attachments
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.reasons import WORDS, reason_words
from broadcasts.views.asked import broadcast_of
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import ScrmError

# The address of those who would receive it; reasons are their own address.
RECEIVING = "chosen"
State = Broadcast.State


class DryRunPage(ConsolePage):
    template_name = "broadcasts/dry_run.html"
    permission = "broadcasts.view_broadcast"
    page_title = _("Dry run")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        broadcast, now = broadcast_of(request, kwargs["pk"]), timezone.now()
        if broadcast.state not in {State.DRAFT, State.REVIEW, State.SCHEDULED}:
            return redirect("console:broadcast", pk=broadcast.pk)
        if broadcast.state == State.DRAFT:
            renewed(broadcast)
        try:
            result = _run(broadcast, now)
        except ScrmError as error:
            messages.error(request, str(error))
            return redirect("console:broadcast", pk=broadcast.pk)
        operator = operator_of(request)
        is_draft = broadcast.state == State.DRAFT
        return self.render_to_response(
            self.get_context_data(
                broadcast=broadcast,
                run=result,
                terms=house_terms(),
                attachments=shown_attachments(broadcast.attachments),
                summary=_summary(broadcast, result),
                needs_review=is_draft and needs_approval(broadcast, operator, now=now),
                may_change=operator.has_perm("broadcasts.change_broadcast"),
            )
        )


class DryRunCustomers(ConsolePage):
    """The first customers, or groups, of one reason."""

    template_name = "broadcasts/dry_run_customers.html"
    permission = "broadcasts.view_broadcast"
    page_title = _("Dry run")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().get(request, *args, **kwargs)
        except ScrmError as error:  # such as a rule that can no longer be read
            messages.error(request, str(error))
            return redirect("console:broadcast", pk=kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        broadcast, now = broadcast_of(self.request, kwargs["pk"]), timezone.now()
        reason = kwargs["reason"]
        if reason not in {*WORDS, RECEIVING}:
            raise Http404
        if broadcast.state == State.DRAFT:
            renewed(broadcast)
        code = "" if reason == RECEIVING else reason
        groups = groups_with(broadcast, code, now=now) if broadcast.is_for_groups else []
        customers = [] if broadcast.is_for_groups else customers_with(broadcast, code, now=now)
        return super().get_context_data(
            broadcast=broadcast,
            words=reason_words(reason) if code else _("Will receive"),
            customers=customers,
            groups=groups,
            is_cut=len(customers or groups) == LISTED,
            **kwargs,
        )


def _run(broadcast: Broadcast, now: datetime) -> DryRun | GroupDryRun:
    if broadcast.is_for_groups:
        return group_dry_run(broadcast, now=now)
    return dry_run(broadcast, now=now)


def _summary(broadcast: Broadcast, run: DryRun | GroupDryRun) -> str:
    """The question before it is scheduled or submitted: how many, through whom, when."""
    start = timezone.localtime(broadcast.window_start)
    end = timezone.localtime(broadcast.window_end)
    words = {
        "number": f"{run.chosen:,}",
        "staff": len(run.staff),
        "start": f"{start:%m-%d %H:%M}",
        "end": f"{end:%H:%M}",
    }
    if broadcast.is_for_groups:
        message = gettext(
            "%(number)s groups of %(staff)d owners, from %(start)s to %(end)s. Is this right?"
        )
    else:
        message = gettext(
            "%(number)s customers of %(staff)d staff members, from %(start)s to %(end)s. "
            "Is this right?"
        )
    return message % words
