"""The list of tasks for staff (待办任务), and closing one."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from contacts.models import StaffTask
from contacts.selectors.staff_tasks import (
    BY_DAY,
    LATEST_FIRST,
    TasksWanted,
    matching_tasks,
    visible_tasks,
)
from contacts.selectors.visibility import visible_staff
from contacts.services.staff_tasks import TaskClosed, close_task, tell_again
from scrm.console.fields import DayField
from scrm.console.models import Operator
from scrm.console.paging import counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.segments.days import business_day

MAY_LOOK, MAY_CLOSE = "contacts.view_stafftask", "contacts.change_stafftask"
_MOST_STAFF = 500


class TaskFilter(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("open", pgettext_lazy("task", "Open")),
            ("overdue", gettext_lazy("Overdue")),
            ("done", gettext_lazy("Done")),
            ("cancelled", gettext_lazy("Cancelled")),
            ("all", gettext_lazy("All")),
        ],
    )
    staff_id = forms.TypedChoiceField(
        label=gettext_lazy("Staff"), required=False, coerce=int, empty_value=None
    )
    notice = forms.ChoiceField(
        label=gettext_lazy("Message to staff"),
        required=False,
        choices=[("", "–"), *StaffTask.Notice.choices],
    )
    due_from = DayField(label=gettext_lazy("Due from"))
    due_to = DayField(label=gettext_lazy("Due until"))

    def __init__(self, data: Any, operator: Operator) -> None:
        super().__init__(data)
        field = self.fields["staff_id"]
        busy = visible_staff(operator).filter(pk__in=StaffTask.objects.values("staff"))
        if isinstance(field, forms.ChoiceField):
            people = busy.order_by("name", "pk")[:_MOST_STAFF]
            field.choices = [("", "–"), *((member.pk, str(member)) for member in people)]

    def wanted(self) -> TasksWanted:
        self.is_valid()
        given = self.cleaned_data
        state = given.get("state") or StaffTask.State.OPEN
        names = {field.name for field in dataclasses.fields(TasksWanted)} - {"state"}
        asked: dict[str, Any] = {name: given[name] for name in names if given.get(name)}
        if state == "overdue":
            return TasksWanted(overdue_on=business_day(timezone.now()), **asked)
        return TasksWanted(state="" if state == "all" else state, **asked)


class StaffTaskList(ConsolePage):
    """Open tasks by day, or those asked for."""

    template_name = "contacts/staff_tasks.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Tasks for staff")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = TaskFilter(self.request.GET, operator)
        wanted = form.wanted()
        found = matching_tasks(visible_tasks(operator), wanted)
        is_open = wanted.state == StaffTask.State.OPEN or wanted.overdue_on is not None
        page = window(
            found,
            sort=BY_DAY if is_open else LATEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s tasks") % {"number": counted(found)},
        )
        return super().get_context_data(
            form=form,
            window=page,
            today=business_day(timezone.now()),
            may_close=operator.has_perm(MAY_CLOSE),
            **kwargs,
        )


class CloseTask(ConsoleAction):
    """Done, or not needed any more."""

    permission = MAY_CLOSE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        operator = operator_of(request)
        task = get_object_or_404(visible_tasks(operator), pk=pk)
        is_cancelled = request.POST.get("ask") == "cancel"
        state = StaffTask.State.CANCELLED if is_cancelled else StaffTask.State.DONE
        try:
            close_task(task_id=task.pk, state=state, operator=operator, now=timezone.now())
        except TaskClosed as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Cancelled.") if is_cancelled else _("Done."))
        return _back(request)


class TellAgain(ConsoleAction):
    """Send a message anew that could not be sent."""

    permission = MAY_CLOSE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        operator = operator_of(request)
        task = get_object_or_404(visible_tasks(operator), pk=pk)
        if tell_again(task_id=task.pk, operator=operator, now=timezone.now()):
            messages.success(request, _("The message is on its way again."))
        else:
            messages.info(request, _("There is no failed message to send again."))
        return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the button stood on."""
    target = request.POST.get("next", "")
    allowed = {request.get_host()}
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=allowed):
        return HttpResponseRedirect(target)
    return redirect("console:staff-tasks")
