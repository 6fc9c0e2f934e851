"""How far a job of preferences is (批量偏好任务)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import PreferenceJob
from contacts.services.preference_jobs import cancel_preference_job
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

MAY_CHANGE = "contacts.change_preference"


def _visible(request: HttpRequest, pk: int) -> PreferenceJob:
    """Own jobs, and everybody's for who sees everybody."""
    operator = operator_of(request)
    jobs = PreferenceJob.objects.defer("contact_ids").select_related("created_by")
    mine = jobs if operator.sees_everything else jobs.filter(created_by=operator)
    return get_object_or_404(mine, pk=pk)


class PreferenceJobPage(ConsolePage):
    """Progress, result, and a way to stop it."""

    template_name = "contacts/preference_job.html"
    permission = MAY_CHANGE
    page_title = gettext_lazy("Preferences of many customers")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        job = _visible(self.request, self.kwargs["pk"])
        return super().get_context_data(job=job, **kwargs)


class PreferenceJobProgress(PreferenceJobPage):
    """The part of that page that renews itself while it runs."""

    template_name = "contacts/preference_job_progress.html"


class CancelPreferenceJob(ConsoleAction):
    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = _visible(request, pk)
        acting: dict[str, Any] = {"operator": operator_of(request), "now": timezone.now()}
        if cancel_preference_job(job_id=job.pk, **acting):
            messages.success(request, _("Stopped."))
        return redirect("console:preferencejob", job.pk)
