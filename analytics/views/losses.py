"""The page of lost customers (流失客户): who left whom, with charts and a download."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.board.losses import CHARTS, way_label
from analytics.selectors.losses import (
    ENDED,
    NEWEST_FIRST,
    LossesWanted,
    all_losses,
    known_states,
    matching_losses,
    visible_losses,
    with_touches,
)
from contacts.models import Department, Follow
from contacts.models.add_way import AddWay
from contacts.selectors.visibility import visible_staff
from scrm.audit.services import record_act
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.export import csv_response
from scrm.console.fields import DayField, LongSelect
from scrm.console.models import Operator
from scrm.console.paging import counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

MAY_LOOK = "contacts.view_follow"
_ANY: tuple[Any, str] = ("", "–")
_MOST_DAYS = 36_500


def _number(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=_MOST_DAYS)


class LossFilter(forms.Form):
    """A value that is not offered is refused at its field and asks for nothing."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Who ended it"),
        required=False,
        choices=[_ANY, *((kind.value, kind.label) for kind in ENDED)],
    )
    staff_id = forms.TypedChoiceField(
        label=gettext_lazy("Staff"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=LongSelect,
    )
    department = forms.TypedChoiceField(
        label=gettext_lazy("Department"), required=False, coerce=int, empty_value=None
    )
    add_way = forms.TypedChoiceField(
        label=gettext_lazy("Add way"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[_ANY, *AddWay.choices],
    )
    state = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    ended_from = DayField(label=gettext_lazy("Ended from"))
    ended_to = DayField(label=gettext_lazy("Ended until"))
    kept_from = _number(gettext_lazy("Kept at least (days)"))
    kept_to = _number(gettext_lazy("Kept at most (days)"))

    def __init__(self, data: Any, *, operator: Operator) -> None:
        super().__init__(data)
        staff = list(visible_staff(operator).order_by("name"))
        numbers = {number for member in staff for number in member.department_wecom_ids}
        departments = Department.objects.filter(wecom_id__in=numbers).order_by("order", "name")
        self._choose("staff_id", ((member.pk, str(member)) for member in staff))
        self._choose("department", departments.values_list("wecom_id", "name"))
        self._choose("state", ((state, state) for state in known_states(operator)))

    def _choose(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [_ANY, *choices]

    def wanted(self) -> LossesWanted:
        self.is_valid()
        names = [field.name for field in dataclasses.fields(LossesWanted)]
        asked = {name: self.cleaned_data.get(name) for name in names}
        return LossesWanted(**{k: v for k, v in asked.items() if v is not None and v != ""})


class LossPage(ConsolePage):
    """Ended relations, newest first, with what reached the customer in the week before."""

    template_name = "analytics/losses.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Lost customers")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = LossFilter(self.request.GET, operator=operator)
        wanted = form.wanted()
        found = matching_losses(visible_losses(operator), wanted)
        page = window(
            found.select_related("contact", "staff"),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s losses") % {"number": counted(found)},
        )
        now = timezone.now()
        return super().get_context_data(
            form=form,
            window=page,
            rows=[(loss, way_label(loss.follow.add_way)) for loss in with_touches(page.rows)],
            charts=[make(found, now=now) for make in CHARTS.values()] if page.is_first else [],
            is_filtered=wanted != LossesWanted(),
            may_export=operator.has_perm("contacts.export_contact"),
            may_alert=operator.has_perm("contacts.change_lossalertsettings"),
            query=self.request.GET.urlencode(),
            **kwargs,
        )


class ExportLosses(ConsoleAction):
    """The losses that fit, as CSV; a POST, as it writes a line of the operation log."""

    permission = "contacts.export_contact"

    def post(self, request: HttpRequest) -> StreamingHttpResponse:
        record_act(
            action="contact.export_losses",
            operator=operator_of(request),
            now=timezone.now(),
            details={"filter": request.GET.dict()},
        )
        header = [
            *(_("Ended at"), _("Customer"), "external_userid", _("Staff"), _("Who ended it")),
            *(_("Friends since"), _("Kept (days)"), _("Add way"), _("Channel")),
            *(_("Touches in the 7 days before"), _("Friend of other staff")),
        ]
        return csv_response("lost-customers.csv", header, _lines(_found(request)))


def _found(request: HttpRequest) -> QuerySet[Follow]:
    operator = operator_of(request)
    form = LossFilter(request.GET, operator=operator)
    return matching_losses(visible_losses(operator), form.wanted())


def _lines(found: QuerySet[Follow]) -> Iterator[list[Any]]:
    for loss in all_losses(found):
        follow = loss.follow
        ended = timezone.localtime(follow.ended_at) if follow.ended_at else None
        yield [
            ended and ended.strftime("%Y-%m-%d %H:%M:%S"),
            follow.contact.name,
            follow.contact.external_userid,
            str(follow.staff),
            follow.get_status_display(),
            timezone.localtime(follow.added_at).strftime("%Y-%m-%d"),
            loss.kept_days,
            way_label(follow.add_way),
            follow.state,
            len(loss.touches),
            _("yes") if loss.is_back else _("no"),
        ]


def _made(make: Callable[..., Dataset]) -> Callable[[HttpRequest], Dataset]:
    return lambda request: make(_found(request), now=timezone.now())


class DownloadChart(DatasetDownload):
    """The filters of the page apply."""

    permission = MAY_LOOK
    datasets: ClassVar[Datasets] = {key: _made(make) for key, make in CHARTS.items()}
