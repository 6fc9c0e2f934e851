"""The sync page (同步日志): start, watch, cancel, look back."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.selectors import sync_log
from contacts.services.sync.due import order_run
from contacts.services.sync.runs import STALE, SyncIsRunning, cancel_run
from contacts.services.sync.steps import steps
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.wecom.models import SyncRun

NEWEST_FIRST = Sort("started_at")
LATEST_GAP = Sort("id")
MAY_LOOK = "wecom.view_syncrun"
MAY_RUN = "wecom.run_sync"
GAPS_SHOWN = 100


class RunFilter(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), required=False, choices=[("", "–"), *SyncRun.Kind.choices]
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[("", "–"), *SyncRun.State.choices]
    )

    def wanted(self) -> sync_log.RunsWanted:
        self.is_valid()
        return sync_log.RunsWanted(
            kind=self.cleaned_data.get("kind", ""), state=self.cleaned_data.get("state", "")
        )


class GapFilter(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", "–"), *sync_log.GAP_WORDS.items()],
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State of the run"),
        required=False,
        choices=[("", "–"), *SyncRun.State.choices],
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=128)

    def wanted(self) -> sync_log.GapsWanted:
        self.is_valid()
        names = [field.name for field in dataclasses.fields(sync_log.GapsWanted)]
        return sync_log.GapsWanted(**{name: self.cleaned_data.get(name, "") for name in names})


class SyncPage(ConsolePage):
    """The run under way and all runs before it."""

    template_name = "contacts/sync.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Sync log")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = RunFilter(self.request.GET)
        page = window(
            sync_log.runs(form.wanted()),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
        )
        return super().get_context_data(
            form=form,
            is_filtered=form.wanted() != sync_log.RunsWanted(),
            window=page,
            rows=[(run, sync_log.headline(run), sync_log.average_rate(run)) for run in page.rows],
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
    """One run: steps, counts, errors, gaps."""

    template_name = "contacts/sync_run.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = get_object_or_404(sync_log.runs(), pk=kwargs["pk"])
        form = GapFilter(self.request.GET)
        wanted = form.wanted()
        page = window(
            sync_log.gaps(wanted, run=run),
            sort=LATEST_GAP,
            cursor=self.request.GET.get("after", ""),
            size=GAPS_SHOWN,
        )
        is_running = run.state == SyncRun.State.RUNNING
        return super().get_context_data(
            title=str(run),
            run=run,
            steps=sync_log.steps_shown(run, steps=_labels()),
            rate=sync_log.average_rate(run),
            counts=sync_log.counts_in_words(run),
            kinds=sync_log.gaps_by_kind(run),
            chosen=wanted.kind,
            window=page,
            gaps=[(sync_log.gap_words(gap), gap) for gap in page.rows],
            progress=_progress() if is_running else None,
            may_run=operator_of(self.request).has_perm(MAY_RUN),
            **kwargs,
        )


class SyncGapsPage(ConsolePage):
    """What callbacks should have told of, over all runs (漏收的变更)."""

    template_name = "contacts/sync_gaps.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Sync gaps")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = GapFilter(self.request.GET)
        found = sync_log.gaps(form.wanted())
        page = window(
            found,
            sort=LATEST_GAP,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s gaps") % {"number": counted(found)},
        )
        return super().get_context_data(
            form=form,
            window=page,
            gaps=[(sync_log.gap_words(gap), gap) for gap in page.rows],
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
    return sync_log.running(steps=_labels(), still_since=timezone.now() - STALE)


def _labels() -> list[tuple[str, str | Promise]]:
    return [(step.name, step.label) for step in steps()]
