"""The pages of staff (员工价值): everybody in a period, and one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.board import staff as board
from analytics.board import staff_reach as reach_board
from analytics.board.figures import known_yet
from analytics.periods import AskedPeriod, PeriodForm, period_form
from analytics.selectors.scope import PERMISSION
from analytics.selectors.sources import last_measured, staff_scope
from analytics.selectors.staff_reach import Reach
from analytics.selectors.staff_value import (
    StaffFigures,
    StaffOverview,
    expectation_days,
    staff_days,
    staff_figures,
    staff_overview,
    staff_total,
)
from analytics.views.downloads import WaitingDownload
from analytics.views.sources import page_of
from contacts.models import Staff
from contacts.selectors.visibility import visible_staff
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.views import ConsolePage, operator_of
from scrm.segments.days import business_day


class StaffValue(ConsolePage):
    """What each staff member won, kept and brought in a period."""

    template_name = "analytics/staff_value.html"
    page_title = _("Value of staff")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = _form(self.request)
        found = _overview(self.request, form.asked)
        before = None
        if form.asked.before is not None:
            before = staff_total(form.asked.before, scope=staff_scope(operator))
        page = page_of(self.request, found.rows)
        reach = known_yet(lambda: _reach_by_staff(self.request))
        return super().get_context_data(
            form=form,
            found=found,
            before=before,
            page=page,
            rows=[
                (
                    row,
                    board.name_of(row),
                    board.address_of(row, form.asked),
                    board.surplus_said(row.figures.surplus),
                )
                for row in page
            ],
            chart=board.by_staff(found, form.asked),
            reach_chart=reach,
            is_waiting=reach is None,
            compared=expectation_days(),
            is_narrow=not operator.sees_everything,
            measured=last_measured(),
            query=form.asked.query,
            **kwargs,
        )


class OneStaffValue(ConsolePage):
    """One staff member, day by day."""

    template_name = "analytics/staff_value_one.html"
    page_title = _("Value of a staff member")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        member = _member(self.request)
        form = _form(self.request)
        found = staff_figures(form.asked.period, scope=(member.pk,), today=_today())
        figures = found.get(member.pk, StaffFigures())
        reach = known_yet(lambda: _reach(form.asked))
        return super().get_context_data(
            title=str(member),
            member=member,
            form=form,
            found=figures,
            said=board.surplus_said(figures.surplus),
            reach=None if reach is None else reach.get(member.pk, Reach()),
            alerts=reach_board.alerts_address(member),
            is_waiting=reach is None,
            compared=expectation_days(),
            charts=board.by_day(staff_days(member.pk, form.asked.period)),
            measured=last_measured(),
            query=form.asked.query,
            **kwargs,
        )


def _today() -> Any:
    return business_day(timezone.now())


def _form(request: HttpRequest) -> PeriodForm:
    return period_form(request.GET, today=_today())


def _member(request: HttpRequest) -> Staff:
    match = request.resolver_match
    key = match.kwargs["pk"] if match else 0
    return get_object_or_404(visible_staff(operator_of(request)), pk=key)


def _overview(request: HttpRequest, asked: AskedPeriod) -> StaffOverview:
    return staff_overview(asked.period, scope=staff_scope(operator_of(request)), today=_today())


def _by_staff(request: HttpRequest) -> Dataset:
    asked = _form(request).asked
    return board.by_staff(_overview(request, asked), asked)


def _reach(asked: AskedPeriod) -> dict[int, Reach]:
    return reach_board.reach_in(asked.period, now=timezone.now())


def _reach_by_staff(request: HttpRequest) -> Dataset:
    asked = _form(request).asked
    found = _reach(asked)
    members = visible_staff(operator_of(request)).in_bulk(list(found))
    return reach_board.by_staff(found, members, asked)


class DownloadStaffValue(WaitingDownload):
    """Everybody, for the same days."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {"staff-value": _by_staff, "staff-reach": _reach_by_staff}


def _of_one(place: int) -> Callable[[HttpRequest], Dataset]:
    return lambda request: board.by_day(
        staff_days(_member(request).pk, _form(request).asked.period)
    )[place]


class DownloadOneStaffValue(DatasetDownload):
    """The days of one staff member."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {"staff-days": _of_one(0), "staff-revenue": _of_one(1)}

    def get(self, request: HttpRequest, dataset: str, **_which: int) -> StreamingHttpResponse:
        return super().get(request, dataset)
