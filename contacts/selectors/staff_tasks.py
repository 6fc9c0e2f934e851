"""Tasks for staff (待办任务) as lists show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from contacts.models import Follow, Staff, StaffTask
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator
from scrm.console.paging import Sort

BY_DAY = Sort("due_on", is_descending=False)
LATEST_FIRST = Sort("due_on")


@dataclass(frozen=True)
class TasksWanted:
    """What the list was asked for; an empty value asks for nothing."""

    state: str = ""
    staff_id: int | None = None
    notice: str = ""
    due_from: date | None = None
    due_to: date | None = None
    overdue_on: date | None = None


def visible_tasks(operator: Operator) -> QuerySet[StaffTask]:
    """The tasks of the staff whose customers the operator may see."""
    tasks = StaffTask.objects.select_related("contact", "staff", "created_by")
    if operator.sees_everything:
        return tasks
    return tasks.filter(staff__in=visible_staff(operator))


def matching_tasks(tasks: QuerySet[StaffTask], wanted: TasksWanted) -> QuerySet[StaffTask]:
    """The tasks that fit."""
    for path, value in (
        ("state", wanted.state),
        ("staff", wanted.staff_id),
        ("notice", wanted.notice),
        ("due_on__gte", wanted.due_from),
        ("due_on__lte", wanted.due_to),
    ):
        if value:
            tasks = tasks.filter(**{path: value})
    if wanted.overdue_on:
        tasks = tasks.filter(state=StaffTask.State.OPEN, due_on__lt=wanted.overdue_on)
    return tasks


def tasks_of(contact_id: int, operator: Operator, *, limit: int = 20) -> list[StaffTask]:
    """A customer's tasks the operator may see, open ones first, then the latest given."""
    tasks = visible_tasks(operator).filter(contact=contact_id).order_by("-created_at", "-pk")
    return sorted(tasks[:limit], key=lambda task: task.state != StaffTask.State.OPEN)


def givable_staff(contact_id: int, operator: Operator) -> QuerySet[Staff]:
    """The active staff who follow her now and whose customers the operator may see."""
    return visible_staff(operator).filter(
        pk__in=Follow.objects.filter(contact=contact_id, status=Follow.Status.ACTIVE).values(
            "staff"
        ),
        status=Staff.Status.ACTIVE,
    )
