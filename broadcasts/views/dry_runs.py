"""The dry run (预演): who would get it, who would not and why, before anything happens."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Broadcast
from broadcasts.selectors.current_rules import renewed
from broadcasts.selectors.dry_run import LISTED, customers_with, dry_run
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.reasons import WORDS, reason_words
from broadcasts.views.asked import broadcast_of
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import ScrmError

# The address of those who would receive it; reasons are their own address.
RECEIVING = "chosen"


class DryRunPage(ConsolePage):
    template_name = "broadcasts/dry_run.html"
    permission = "broadcasts.view_broadcast"
    page_title = _("Dry run")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        broadcast = broadcast_of(request, kwargs["pk"])
        if broadcast.state not in {Broadcast.State.DRAFT, Broadcast.State.SCHEDULED}:
            return redirect("console:broadcast", pk=broadcast.pk)
        if broadcast.state == Broadcast.State.DRAFT:
            renewed(broadcast)
        try:
            result = dry_run(broadcast, now=timezone.now())
        except ScrmError as error:
            messages.error(request, str(error))
            return redirect("console:broadcast", pk=broadcast.pk)
        return self.render_to_response(
            self.get_context_data(
                broadcast=broadcast,
                run=result,
                terms=house_terms(),
                may_change=operator_of(request).has_perm("broadcasts.change_broadcast"),
            )
        )


class DryRunCustomers(ConsolePage):
    """The first customers of one reason."""

    template_name = "broadcasts/dry_run_customers.html"
    permission = "broadcasts.view_broadcast"
    page_title = _("Dry run")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        broadcast = broadcast_of(self.request, kwargs["pk"])
        reason = kwargs["reason"]
        if reason not in {*WORDS, RECEIVING}:
            raise Http404
        if broadcast.state == Broadcast.State.DRAFT:
            renewed(broadcast)
        code = "" if reason == RECEIVING else reason
        found = customers_with(broadcast, code, now=timezone.now())
        return super().get_context_data(
            broadcast=broadcast,
            words=reason_words(reason) if code else _("Will receive"),
            customers=found,
            is_cut=len(found) == LISTED,
            **kwargs,
        )
