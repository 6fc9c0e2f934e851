"""Tagging jobs (批量打标签): order one, watch it, cancel it, read what failed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Segment, Staff, Tag, TagJob
from contacts.selectors.tag_jobs import shown_jobs, visible_failures, visible_jobs
from contacts.selectors.visibility import visible_staff
from contacts.services.tag_jobs import cancel_tag_job, start_tag_job
from scrm.console.export import csv_response
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import ScrmError

MAY_LOOK, MAY_MARK = "contacts.view_tagjob", "contacts.change_contact"
_FAILURES_SHOWN = 50


class TagJobList(ConsolePage):
    """Every job the operator may see, the newest first."""

    template_name = "contacts/tag_jobs.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Bulk tagging")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        page = window(
            visible_jobs(operator),
            sort=Sort("created_at"),
            cursor=self.request.GET.get("after", ""),
            size=20,
        )
        return super().get_context_data(
            window=page,
            rows=shown_jobs(page.rows, now=timezone.now()),
            may_mark=operator.has_perm(MAY_MARK),
            **kwargs,
        )


class TagJobForm(forms.Form):
    """Whom by a segment, what by tags; WeCom tags may be narrowed to some staff."""

    segment = forms.ModelChoiceField(
        Segment.objects.filter(is_archived=False).order_by("name"),
        label=gettext_lazy("Customers of the segment"),
    )
    add = forms.ModelMultipleChoiceField(
        Tag.objects.none(), label=gettext_lazy("Put on"), required=False
    )
    remove = forms.ModelMultipleChoiceField(
        Tag.objects.none(), label=gettext_lazy("Take off"), required=False
    )
    staff = forms.ModelMultipleChoiceField(
        Staff.objects.none(),
        label=gettext_lazy("Only on relations of these staff"),
        required=False,
        help_text=gettext_lazy(
            "Counts for WeCom tags alone, which hang on the relation. None chosen: all relations."
        ),
    )

    def __init__(self, operator: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tags = Tag.objects.filter(is_gone=False, group__is_gone=False).select_related("group")
        for name in ("add", "remove"):
            field: Any = self.fields[name]
            field.queryset = tags.order_by("-group__order", "group", "-order", "pk")
            field.label_from_instance = lambda tag: f"{tag.group.name} · {tag.name}"
            field.widget.attrs["size"] = 8
        chosen: Any = self.fields["staff"]
        chosen.queryset = visible_staff(operator).filter(is_following=True).order_by("name", "pk")
        chosen.widget.attrs["size"] = 5


class NewTagJob(ConsolePage):
    template_name = "contacts/tag_job_form.html"
    permission = MAY_MARK
    page_title = gettext_lazy("New bulk tagging")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or TagJobForm(
            operator_of(self.request), initial={"add": self.request.GET.getlist("tag")}
        )
        return super().get_context_data(form=form, **kwargs)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        operator = operator_of(request)
        form = TagJobForm(operator, request.POST)
        if form.is_valid():
            given = form.cleaned_data
            staff = [member.pk for member in given["staff"]]
            try:
                job = start_tag_job(
                    segment_rule=given["segment"].rule,
                    add_tag_ids=[tag.pk for tag in given["add"]],
                    remove_tag_ids=[tag.pk for tag in given["remove"]],
                    staff_ids=staff or None,
                    operator=operator,
                    now=timezone.now(),
                )
            except ScrmError as error:
                form.add_error(None, str(error))
            else:
                return redirect("console:tagjob", job.pk)
        return self.render_to_response(self.get_context_data(form=form))


class TagJobPage(ConsolePage):
    """One job: progress while it runs, then its result and what failed."""

    template_name = "contacts/tag_job.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        job = get_object_or_404(visible_jobs(operator), pk=self.kwargs["pk"])
        page = window(
            visible_failures(job, operator),
            sort=Sort("at"),
            cursor=self.request.GET.get("after", ""),
            size=_FAILURES_SHOWN,
        )
        return super().get_context_data(
            title=_("Bulk tagging %(job)s") % {"job": job},
            window=page,
            **_shown(job, operator),
            **kwargs,
        )


class TagJobProgress(ConsolePage):
    """The part of the page that is asked for again while the job runs."""

    permission = MAY_LOOK

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        operator = operator_of(request)
        job = get_object_or_404(visible_jobs(operator), pk=kwargs["pk"])
        if job.is_over:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "contacts/tag_job_progress.html", _shown(job, operator))


class CancelTagJob(ConsoleAction):
    permission = MAY_MARK

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        operator = operator_of(request)
        job = get_object_or_404(visible_jobs(operator), pk=pk)
        if cancel_tag_job(job_id=job.pk, operator=operator, now=timezone.now()):
            messages.success(request, _("The job was cancelled; what it has marked stays."))
        else:
            messages.info(request, _("The job had already ended."))
        return redirect("console:tagjob", job.pk)


class TagJobFailures(ConsolePage):
    """What could not be marked, as CSV."""

    permission = MAY_LOOK

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        operator = operator_of(request)
        job = get_object_or_404(visible_jobs(operator), pk=kwargs["pk"])
        header = [_("Customer"), "external_userid", _("Staff"), "userid", _("Reason"), _("Code")]
        failures = visible_failures(job, operator).order_by("pk").iterator(chunk_size=2_000)
        rows = (
            [
                failure.contact.name,
                failure.contact.external_userid,
                failure.staff.name if failure.staff else "",
                failure.staff.userid if failure.staff else "",
                failure.get_problem_display(),
                failure.code or "",
            ]
            for failure in failures
        )
        return csv_response(f"tagging-{job.pk}-failures.csv", header, rows)


def _shown(job: TagJob, operator: Any) -> dict[str, Any]:
    (shown,) = shown_jobs([job], now=timezone.now())
    return {
        "job": job,
        "shown": shown,
        "may_cancel": operator.has_perm(MAY_MARK) and not job.is_over,
    }
