"""The pages of scheduled reports (定时报表): list, form with preview, one report with its history."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from analytics.board.choice import segment_choice
from analytics.board.key_figures import key_figures
from analytics.models import ReportFile, ReportMessage, ReportPlan, ReportSending
from analytics.selectors.report_contents import covered, offered, titles_of
from analytics.selectors.report_plans import (
    MAY_ADD,
    MAY_CHANGE,
    MAY_LOOK,
    compared_segments,
    listed_plans,
    missing_right,
    obstacle,
    receiver_words,
    rhythm_words,
    visible_files,
    visible_plans,
)
from analytics.selectors.scope import PERMISSION
from analytics.services import report_plans, report_rest
from analytics.services.report_files import picture_of, read
from analytics.services.report_plans import MOST_CONTENTS
from analytics.views.report_form import ReportForm, usual_values, values_of
from scrm.console.datasets import NotYetKnown
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.fields import blame
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, Guarded, RowAction, operator_of
from scrm.errors import ScrmError
from scrm.pictures import sheet_png
from scrm.segments.days import business_day

_NEWEST_FIRST = Sort("created_at")
_SHOWN = 30


class ReportList(ConsolePage):
    template_name = "analytics/reports.html"
    page_title = gettext_lazy("Scheduled reports")
    permission = MAY_LOOK
    is_shareable = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        found = listed_plans(operator)
        page = window(
            found,
            sort=_NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s scheduled reports") % {"number": counted(found)},
        )
        return super().get_context_data(
            window=page,
            rows=[(plan, rhythm_words(plan), obstacle(plan)) for plan in page.rows],
            may_add=operator.has_perm(MAY_ADD),
            **kwargs,
        )


class ReportPage(ConsolePage):
    template_name = "analytics/report.html"
    page_title = gettext_lazy("Scheduled report")
    permission = MAY_LOOK
    is_shareable = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        plan = get_object_or_404(visible_plans(operator), pk=kwargs["pk"])
        files = Prefetch("files", ReportFile.objects.defer("content"))
        failed = ReportMessage.objects.filter(state=ReportMessage.State.FAILED)
        sendings = plan.sendings.select_related("asked_by").prefetch_related(
            files, Prefetch("messages", failed, to_attr="refused")
        )
        shown = list(sendings[:_SHOWN])
        kept = set(visible_files(operator).filter(sending__plan=plan).values_list("pk", flat=True))
        return super().get_context_data(
            plan=plan,
            rhythm=rhythm_words(plan),
            receivers=receiver_words(plan),
            contents=titles_of(plan.contents),
            segments=compared_segments(plan),
            obstacle=obstacle(plan),
            is_about_rights=bool(missing_right(plan)),
            sendings=shown,
            kept=kept,
            has_rest={one.pk for one in shown if one.is_final and _has_rest(one, kept)},
            may_change=operator.has_perm(MAY_CHANGE),
            **kwargs,
        )


def _has_rest(sending: ReportSending, kept: set[int]) -> bool:
    """Whether something of it was refused whose files are still there."""
    is_kept = any(file.pk in kept for file in sending.files.all())
    return is_kept and bool(getattr(sending, "refused", ()))


class _FormPage(ConsolePage):
    """The form; its second button shows the picture instead of saving."""

    template_name = "analytics/report_form.html"
    is_shareable = False

    def form(self, data: Any = None, **options: Any) -> ReportForm:
        return ReportForm(data, operator=operator_of(self.request), **options)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            if "preview" in request.POST:
                return self.shown(form, preview=_preview_address(form), **kwargs)
            try:
                plan = self.save(form, **kwargs)
            except ScrmError as error:
                blame(form, error)
            else:
                return redirect("console:report", pk=plan.pk)
        answer = self.shown(form, **kwargs)
        answer.status_code = 422
        return answer

    def shown(self, form: ReportForm, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, **context))

    def save(self, form: ReportForm, **kwargs: Any) -> ReportPlan:
        raise NotImplementedError


class NewReport(_FormPage):
    page_title = gettext_lazy("New scheduled report")
    permission = MAY_ADD

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown(self.form(initial=usual_values()))

    def save(self, form: ReportForm, **kwargs: Any) -> ReportPlan:
        plan = report_plans.create_report(
            wanted=form.wanted(), operator=operator_of(self.request), now=timezone.now()
        )
        messages.success(self.request, _("Saved. “Send now” shows at once what arrives."))
        return plan


class EditReport(_FormPage):
    page_title = gettext_lazy("Change the scheduled report")
    permission = MAY_CHANGE

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        plan = _plan(request, kwargs["pk"])
        return self.shown(self.form(initial=values_of(plan)), plan=plan)

    def save(self, form: ReportForm, **kwargs: Any) -> ReportPlan:
        plan = report_plans.change_report(
            plan=_plan(self.request, kwargs["pk"]),
            wanted=form.wanted(),
            operator=operator_of(self.request),
            now=timezone.now(),
        )
        messages.success(
            self.request, _("Saved. It shows what you may see, from its next time on.")
        )
        return plan

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pk = self.kwargs["pk"]
        return super().get_context_data(**{"plan": _plan(self.request, pk), **kwargs})


class ReportPreview(Guarded, View):
    """The picture as it would be drawn now, for whoever asks; nothing is kept."""

    http_method_names = ["get"]
    permission = MAY_ADD

    def get(self, request: HttpRequest) -> HttpResponse:
        operator, now = operator_of(request), timezone.now()
        may = offered(operator)
        keys = [key for key in may if key in request.GET.getlist("contents")][:MOST_CONTENTS]
        if not keys:
            return HttpResponse(_("Choose at least one figure."), status=400)
        period = covered(request.GET.get("covers", ""), business_day(now))
        title = request.GET.get("name", "")[:64].replace("\0", "") or _("Preview")
        segments = sorted(segment_choice(request.GET, operator, now=now).chosen)
        try:
            datasets = read(keys, owner=operator, period=period, segments=segments)
        except NotYetKnown:
            words = _("The figures are being worked out. Load the page again in a moment.")
            picture = sheet_png(title=title, lines=[words], datasets=[])
        else:
            picture = picture_of(title, datasets, owner=operator, period=period, now=now)
        return HttpResponse(
            picture, content_type="image/png", headers={"Cache-Control": "no-store"}
        )


class ReportFileDownload(Guarded, View):
    """A picture or table as it was sent."""

    http_method_names = ["get"]
    permission = MAY_LOOK

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = get_object_or_404(visible_files(operator_of(request)), pk=pk)
        kind = "image/png" if file.is_picture else "text/csv; charset=utf-8"
        disposition = content_disposition_header(
            as_attachment=not file.is_picture, filename=file.name
        )
        return HttpResponse(
            bytes(file.content or b""),
            content_type=kind,
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": disposition or "attachment",
            },
        )


class _ReportAction(RowAction):
    permission = MAY_CHANGE
    page = "console:report"

    def row(self, request: HttpRequest, pk: int) -> ReportPlan:
        return _plan(request, pk)


class SendReport(_ReportAction):
    def act(self, request: HttpRequest, plan: ReportPlan) -> None:
        report_plans.send_now(plan=plan, **self.acting())
        messages.success(request, _("It is being made and sent; how it went stands below."))


class SendRest(RowAction):
    """What of one sending was refused, to those it did not reach."""

    permission = MAY_CHANGE

    def row(self, request: HttpRequest, pk: int) -> ReportSending:
        plans = visible_plans(operator_of(request))
        return get_object_or_404(ReportSending, pk=pk, plan__in=plans)

    def act(self, request: HttpRequest, sending: ReportSending) -> None:
        report_rest.send_rest(sending=sending, **self.acting())
        messages.success(request, _("It is being sent again to those it did not reach."))

    def back(self, sending: ReportSending) -> HttpResponseBase:
        return redirect("console:report", pk=sending.plan_id)


class PauseReport(_ReportAction):
    def act(self, request: HttpRequest, plan: ReportPlan) -> None:
        report_plans.switch_report(plan=plan, is_active=False, **self.acting())
        messages.success(request, _("Paused. Nothing is sent until it is switched on."))


class ResumeReport(_ReportAction):
    def act(self, request: HttpRequest, plan: ReportPlan) -> None:
        report_plans.switch_report(plan=plan, is_active=True, **self.acting())
        messages.success(request, _("Switched on from its next time."))


class RemoveReport(_ReportAction):
    def act(self, request: HttpRequest, plan: ReportPlan) -> HttpResponseBase:
        report_plans.remove_report(plan=plan, **self.acting())
        messages.success(request, _("The scheduled report is removed."))
        return redirect("console:reports")


class DownloadKeyFigures(DatasetDownload):
    """The figures of a period in one table."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {"key-figures": key_figures}


def _plan(request: HttpRequest, pk: int) -> ReportPlan:
    return get_object_or_404(visible_plans(operator_of(request)), pk=pk)


def _preview_address(form: ReportForm) -> str:
    typed = form.cleaned_data
    asked = [("name", typed["name"]), ("covers", typed["covers"])]
    asked += [("contents", key) for key in typed["contents"]]
    asked += [("segment", str(segment.pk)) for segment in typed["segments"]]
    return f"{reverse('console:report-preview')}?{urlencode(asked)}"
