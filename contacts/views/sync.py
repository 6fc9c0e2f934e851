"""The sync page (同步日志): start, watch, cancel, look back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.selectors import sync_log
from contacts.services.sync.due import order_run
from contacts.services.sync.runs import STALE, SyncIsRunning, cancel_run
from contacts.services.sync.steps import steps
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

NEWEST_FIRST = Sort("started_at")
MAY_LOOK = "wecom.view_syncrun"
MAY_RUN = "wecom.run_sync"
GAPS_SHOWN = 200


class SyncPage(ConsolePage):
    """The run under way and all runs before it."""

    template_name = "contacts/sync.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Sync log")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = window(
            sync_log.runs(),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
        )
        return super().get_context_data(
            window=page,
            progress=_progress(),
            may_run=operator_of(self.request).has_perm(MAY_RUN),
            **kwargs,
        )


class SyncProgress(ConsolePage):
    """The part of the page that is asked for again every two seconds while a run is under way."""

    permission = MAY_LOOK

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        progress = _progress()
        if progress is None:
            # The run has ended: the list below changed, too.
            return HttpResponse(headers={"HX-Refresh": "true"})
        may_run = operator_of(request).has_perm(MAY_RUN)
        return render(
            request, "contacts/sync_progress.html", {"progress": progress, "may_run": may_run}
        )


class SyncRunPage(ConsolePage):
    """One run: counts, errors, gaps."""

    template_name = "contacts/sync_run.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = get_object_or_404(sync_log.runs(), pk=kwargs["pk"])
        return super().get_context_data(
            title=str(run),
            run=run,
            counts=sync_log.counts_in_words(run),
            gaps=sync_log.gaps(run, most=GAPS_SHOWN),
            **kwargs,
        )


class StartSync(ConsoleAction):
    permission = MAY_RUN

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            order_run(
                is_full=request.POST.get("kind") == "full",
                operator=operator_of(request),
                now=timezone.now(),
            )
        except SyncIsRunning as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, _("The sync has started."))
        return redirect("console:sync")


class CancelSync(ConsoleAction):
    permission = MAY_RUN

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if cancel_run(run_id=pk, operator=operator_of(request), now=timezone.now()):
            messages.success(request, _("The sync was cancelled; what it wrote stays."))
        else:
            messages.info(request, _("The sync had already ended."))
        return redirect("console:sync")


def _progress() -> sync_log.Progress | None:
    labels = [(step.name, step.label) for step in steps()]
    return sync_log.running(steps=labels, still_since=timezone.now() - STALE)
