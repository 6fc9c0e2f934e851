"""The list of churn alerts (流失预警): who may leave, why, and the one thing to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.board.alert_words import (
    ACTION_HINTS,
    REASON_NAMES,
    excluded_lines,
    reason_name,
    sentences,
    task_text,
)
from analytics.metrics.churn_actions import Action
from analytics.models import ALERT_NOTE_CHARS, ChurnAlert
from analytics.selectors.alert_settings import alert_rules, last_choice
from analytics.selectors.alerts import (
    BY_LOSS,
    SORTS,
    AlertsWanted,
    matching_alerts,
    visible_alerts,
)
from analytics.selectors.models import current_fits
from analytics.services.alerts import close_alert, give_alert_task
from contacts.models import TASK_CHARS
from contacts.selectors.visibility import visible_staff
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.fields import DayField, blame
from scrm.console.models import Operator
from scrm.console.paging import counted, window
from scrm.console.views import ConsoleAction, ConsolePage, RowAction, operator_of
from scrm.errors import ScrmError
from scrm.jobs import enqueue_on_commit
from scrm.privacy import mask_phones
from scrm.segments.days import business_day

MAY_LOOK, MAY_CLOSE = "analytics.view_churnalert", "analytics.change_churnalert"
MAY_SET = "analytics.change_churnalertsettings"
MAY_GIVE = "contacts.add_stafftask"
MAY_EXPORT = "contacts.export_contact"
_ANY: tuple[Any, str] = ("", "–")
_MOST_STAFF = 500
# Each is a few lines high, with a form.
_PAGE = 20
_ALL = "all"


class AlertFilter(forms.Form):
    """A value that is not offered is refused at its field and asks for nothing."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[*ChurnAlert.State.choices, (_ALL, gettext_lazy("All"))],
    )
    staff_id = forms.TypedChoiceField(
        label=gettext_lazy("Staff"), required=False, coerce=int, empty_value=None
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of churn"),
        required=False,
        choices=[_ANY, *ChurnAlert.Kind.choices],
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        required=False,
        choices=[_ANY, *((reason.value, name) for reason, name in REASON_NAMES.items())],
    )
    action = forms.ChoiceField(
        label=gettext_lazy("Suggested action"),
        required=False,
        choices=[_ANY, *ChurnAlert.Action.choices],
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it"),
        required=False,
        choices=[_ANY, *(choice for choice in ChurnAlert.Outcome.choices if choice[0])],
    )
    sort = forms.ChoiceField(
        label=gettext_lazy("Order"),
        required=False,
        choices=[
            (BY_LOSS, gettext_lazy("Expected loss")),
            ("value", gettext_lazy("Value at stake")),
            ("newest", gettext_lazy("Newest first")),
        ],
    )

    def __init__(self, data: Any, *, operator: Operator) -> None:
        super().__init__(data)
        field = self.fields["staff_id"]
        busy = visible_staff(operator).filter(pk__in=ChurnAlert.objects.values("staff"))
        if isinstance(field, forms.ChoiceField):
            people = busy.order_by("name", "pk")[:_MOST_STAFF]
            field.choices = [_ANY, *((member.pk, str(member)) for member in people)]

    def wanted(self) -> AlertsWanted:
        self.is_valid()
        given = self.cleaned_data
        names = {field.name for field in dataclasses.fields(AlertsWanted)} - {"state"}
        asked: dict[str, Any] = {name: given[name] for name in names if given.get(name)}
        state = given.get("state") or ChurnAlert.State.OPEN
        return AlertsWanted(state="" if state == _ALL else state, **asked)

    def sort_key(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("sort") or BY_LOSS


class AlertList(ConsolePage):
    """Open alerts, the most valuable first, or those asked for."""

    template_name = "analytics/alerts.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Churn alerts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = AlertFilter(self.request.GET, operator=operator)
        wanted = form.wanted()
        found = matching_alerts(visible_alerts(operator), wanted)
        page = window(
            found,
            sort=SORTS[form.sort_key()],
            cursor=self.request.GET.get("after", ""),
            size=_PAGE,
            count_words=_("%(number)s alerts") % {"number": counted(found)},
        )
        run = last_choice()
        return super().get_context_data(
            form=form,
            window=page,
            rows=[(alert, sentences(alert.reasons), _hint(alert)) for alert in page.rows],
            run=run,
            rules=alert_rules(),
            excluded=excluded_lines(run.excluded) if run else [],
            is_today=run is not None and run.day == business_day(timezone.now()),
            has_forecast=bool(current_fits()),
            sees_everything=operator.sees_everything,
            is_filtered=wanted != AlertsWanted(state=ChurnAlert.State.OPEN),
            may_close=operator.has_perm(MAY_CLOSE),
            may_give=operator.has_perm(MAY_GIVE),
            may_set=operator.has_perm(MAY_SET),
            may_test=operator.has_perm("analytics.view_churnalerttest"),
            may_export=operator.has_perm(MAY_EXPORT),
            most_chars=ALERT_NOTE_CHARS,
            query=self.request.GET.urlencode(),
            **kwargs,
        )


def _hint(alert: ChurnAlert) -> str:
    return str(ACTION_HINTS[Action(alert.action)])


class _AlertAct(RowAction):
    """Back to the page the button stood on."""

    permission = MAY_CLOSE

    def row(self, request: HttpRequest, pk: int) -> ChurnAlert:
        return _alert(request, pk)

    def back(self, row: ChurnAlert) -> HttpResponseBase:
        return _back(self.request)

    def close(self, request: HttpRequest, row: ChurnAlert, state: str) -> None:
        close_alert(
            alert_id=row.pk, state=state, note=request.POST.get("note", ""), **self.acting()
        )


class AlertDone(_AlertAct):
    """Somebody has looked after her."""

    def act(self, request: HttpRequest, row: ChurnAlert, /) -> None:
        self.close(request, row, ChurnAlert.State.DONE)
        messages.success(request, _("Done."))


class DismissAlert(_AlertAct):
    """Nothing is to be done about her."""

    def act(self, request: HttpRequest, row: ChurnAlert, /) -> None:
        self.close(request, row, ChurnAlert.State.DISMISSED)
        messages.success(request, _("Dismissed."))


class AlertTaskForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("To do"),
        max_length=TASK_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    due_on = DayField(label=gettext_lazy("Due on"), required=True)


class AlertTask(ConsolePage):
    """Make a task for the alert's staff member of it; the words are suggested."""

    template_name = "analytics/alert_task.html"
    permission = MAY_GIVE
    page_title = gettext_lazy("Give a task")
    is_shareable = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        alert = _alert(self.request, self.kwargs["pk"])
        if "form" not in kwargs:
            tomorrow = business_day(timezone.now()) + timedelta(days=1)
            words = mask_phones(task_text(alert, most=TASK_CHARS))
            kwargs["form"] = AlertTaskForm(initial={"text": words, "due_on": tomorrow.isoformat()})
        return super().get_context_data(
            alert=alert, sentences=sentences(alert.reasons), hint=_hint(alert), **kwargs
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        alert, form = _alert(request, pk), AlertTaskForm(request.POST)
        if form.is_valid():
            try:
                give_alert_task(
                    alert_id=alert.pk,
                    text=form.cleaned_data["text"],
                    due_on=form.cleaned_data["due_on"],
                    operator=operator_of(request),
                    now=timezone.now(),
                    link=_address(request, alert),
                )
            except ScrmError as error:
                blame(form, error)
            else:
                messages.success(request, _("The task is given; the message is on its way."))
                return redirect("console:churn-alerts")
        return self.render_to_response(self.get_context_data(form=form), status=422)


class ChooseAlerts(ConsoleAction):
    """Let a worker choose today's alerts now, if nobody has."""

    permission = MAY_SET

    def post(self, request: HttpRequest) -> HttpResponseBase:
        run = last_choice()
        if run is not None and run.day == business_day(timezone.now()):
            messages.info(request, _("Today's alerts are there already."))
        else:
            enqueue_on_commit("analytics.choose_alerts")
            messages.success(request, _("Being chosen; reload the page in a moment."))
        return redirect("console:churn-alerts")


class ExportAlerts(ConsoleAction):
    """The alerts that fit, as CSV; a POST, as it writes a line of the operation log."""

    permission = MAY_EXPORT

    def post(self, request: HttpRequest) -> StreamingHttpResponse:
        record_act(
            action="churn_alert.export",
            operator=operator_of(request),
            now=timezone.now(),
            details={"filter": request.GET.dict()},
        )
        header = [
            *(_("Day"), _("Customer"), "external_userid", _("Staff"), _("Kind of churn")),
            *(_("Risk"), _("Value at stake"), _("Expected loss"), _("Reason"), _("Reasons")),
            *(_("Suggested action"), _("State"), _("Closed at"), _("Closed by"), _("Note")),
            *(_("What came of it"), _("Outcome on")),
        ]
        return csv_response("churn-alerts.csv", header, _lines(_found(request)))


def _found(request: HttpRequest) -> QuerySet[ChurnAlert]:
    operator = operator_of(request)
    form = AlertFilter(request.GET, operator=operator)
    found = matching_alerts(visible_alerts(operator), form.wanted())
    return found.order_by(*SORTS[form.sort_key()].ordering())


def _lines(found: QuerySet[ChurnAlert]) -> Iterator[list[Any]]:
    for alert in found.iterator(chunk_size=2_000):
        closed = timezone.localtime(alert.closed_at) if alert.closed_at else None
        yield [
            f"{alert.day:%Y-%m-%d}",
            alert.contact.name,
            alert.contact.external_userid,
            str(alert.staff),
            alert.get_kind_display(),
            round(alert.risk, 4),
            f"{alert.value_fen / 100:.2f}",
            f"{alert.loss_fen / 100:.2f}",
            reason_name(alert.reasons[0]["reason"]) if alert.reasons else "",
            " ".join(sentences(alert.reasons)),
            alert.get_action_display(),
            alert.get_state_display(),
            closed and closed.strftime("%Y-%m-%d %H:%M"),
            alert.closed_by.get_username() if alert.closed_by else "",
            mask_phones(alert.note),
            alert.get_outcome_display(),
            f"{alert.outcome_on:%Y-%m-%d}" if alert.outcome_on else "",
        ]


def _alert(request: HttpRequest, pk: int) -> ChurnAlert:
    return get_object_or_404(visible_alerts(operator_of(request)), pk=pk)


def _address(request: HttpRequest, alert: ChurnAlert) -> str:
    """The customer's page as staff can open it from WeCom."""
    path = reverse("console:contact", args=[alert.contact_id])
    base = settings.PUBLIC_URL
    return f"{base}{path}" if base else request.build_absolute_uri(path)


def _back(request: HttpRequest) -> HttpResponseBase:
    target = request.POST.get("next", "")
    allowed = {request.get_host()}
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=allowed):
        return HttpResponseRedirect(target)
    return redirect("console:churn-alerts")
