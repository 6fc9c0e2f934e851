"""Give staff something to do for a customer (待办任务) and tell them in WeCom.

The message is sent by a worker and repeated until WeCom has taken it; WeCom drops an equal one,
so a lost answer does no harm. What could not be sent for hours is shown as failed, with a button.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext

from contacts.models import TASK_CHARS, Contact, Follow, Staff, StaffTask
from scrm import wecom
from scrm.audit.services import record_act, record_acts
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.jobs import enqueue_on_commit
from scrm.segments.days import business_day
from scrm.typed import one_line

# WeCom drops an equal message within this time, which is longer than we try.
_ONCE_WITHIN = timedelta(hours=4)
_GIVE_UP = timedelta(hours=3)
# Longer than one call with its time-out, so that two workers do not tell of one task at once.
_LEASE = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(minutes=10)
_SECOND_PRESS = timedelta(minutes=5)
_LATEST = timedelta(days=366)


class TaskClosed(ScrmError):
    """The task is done or cancelled already."""

    code = "task_closed"


def give_task(
    *,
    contact_id: int,
    staff_id: int,
    text: str,
    due_on: date,
    operator: Operator,
    now: datetime,
    link: str = "",
) -> StaffTask:
    """A task for a staff member who follows the customer; they are told soon.

    `link` is where the message leads. The same task given twice within five minutes is a second
    press of the button. Raises InvalidInput (staff, text, due_on).
    """
    text = one_line(text)
    _check(text, due_on, now=now)
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact_id)
        _check_follower(contact, staff_id)
        task = _task(contact_id, staff_id, text, due_on, operator=operator, now=now)
        same = _same(task).filter(contact=contact, staff=staff_id).first()
        if same is not None:
            return same
        task.link = link[:512]
        task.save()
        _log("staff_task.give", task, operator, now)
        enqueue_on_commit("contacts.tell_task", task_id=task.pk)
    return task


def give_tasks(
    *, staff_of: Mapping[int, int], text: str, due_on: date, operator: Operator, now: datetime
) -> list[StaffTask]:
    """The same task for many customers, each of the staff member who is named for her: as
    `give_task` for one after the other, in a few statements.

    Who is not a friend of that staff member, or has just got the task, is left out. Raises
    InvalidInput (text, due_on).
    """
    text = one_line(text)
    _check(text, due_on, now=now)
    with transaction.atomic():
        customers = Contact.objects.select_for_update().filter(pk__in=staff_of).order_by("pk")
        locked = list(customers.values_list("pk", flat=True))
        followed = Follow.objects.filter(
            contact__in=locked, status=Follow.Status.ACTIVE, staff__status=Staff.Status.ACTIVE
        )
        pairs = ("contact_id", "staff_id")
        friends = set(followed.values_list(*pairs))
        wanted = [
            _task(pk, staff_of[pk], text, due_on, operator=operator, now=now)
            for pk in locked
            if (pk, staff_of[pk]) in friends
        ]
        if wanted:
            same = _same(wanted[0]).filter(contact__in=locked)
            given = set(same.values_list(*pairs))
            wanted = [task for task in wanted if (task.contact_id, task.staff_id) not in given]
        tasks = StaffTask.objects.bulk_create(wanted)
        acts = [(task, {"contact": task.contact_id, "staff": task.staff_id}) for task in tasks]
        record_acts(action="staff_task.give", operator=operator, now=now, acts=acts)
        if tasks:
            # One message for all of them: the tick finds them by their rows.
            enqueue_on_commit("contacts.tick_task_messages")
    return tasks


def _task(
    contact_id: int, staff_id: int, text: str, due_on: date, *, operator: Operator, now: datetime
) -> StaffTask:
    return StaffTask(
        contact_id=contact_id,
        staff_id=staff_id,
        text=text,
        due_on=due_on,
        created_by=operator,
        created_at=now,
        notice_since=now,
        notice_due_at=now,
    )


def _same(task: StaffTask) -> QuerySet[StaffTask]:
    """Tasks of these words that the operator gave a moment ago, whoever for."""
    return StaffTask.objects.filter(
        text=task.text,
        due_on=task.due_on,
        created_by=task.created_by,
        created_at__gt=task.created_at - _SECOND_PRESS,
    )


def close_task(*, task_id: int, state: str, operator: Operator, now: datetime) -> StaffTask:
    """Mark a task as done or cancelled; once more the same changes nothing. Raises TaskClosed."""
    target = StaffTask.State(state)
    if target == StaffTask.State.OPEN:
        raise ValueError("a task is closed as done or cancelled")
    with transaction.atomic():
        task = StaffTask.objects.select_for_update().get(pk=task_id)
        if task.state == target:
            return task
        if task.state != StaffTask.State.OPEN:
            raise TaskClosed(gettext("This task is closed already."))
        task.state, task.closed_at, task.closed_by = target, now, operator
        if task.notice != StaffTask.Notice.SENT:
            task.notice = StaffTask.Notice.DROPPED
        task.save()
        _log(f"staff_task.{target}", task, operator, now)
    return task


def tell_again(*, task_id: int, operator: Operator, now: datetime) -> bool:
    """Try a failed message anew; False when there is nothing to try."""
    failed = StaffTask.objects.filter(
        pk=task_id, state=StaffTask.State.OPEN, notice=StaffTask.Notice.FAILED
    )
    with transaction.atomic():
        waiting = StaffTask.Notice.WAITING
        if not failed.update(notice=waiting, notice_error="", notice_since=now, notice_due_at=now):
            return False
        _log("staff_task.tell", StaffTask.objects.get(pk=task_id), operator, now)
        enqueue_on_commit("contacts.tell_task", task_id=task_id)
    return True


def tell_due(*, now: datetime) -> int:
    """Send the messages whose time has come; answers how many were sent."""
    due = StaffTask.objects.filter(notice=StaffTask.Notice.WAITING, notice_due_at__lte=now)
    ids = list(due.order_by("notice_due_at").values_list("pk", flat=True)[:50])
    return sum(tell_task(task_id=task_id, now=now) for task_id in ids)


def tell_task(*, task_id: int, now: datetime) -> bool:
    """Send one task's message, unless somebody is at it, it was sent, or nobody needs it."""
    untold = StaffTask.objects.filter(pk=task_id, notice=StaffTask.Notice.WAITING)
    if not untold.filter(notice_due_at__lte=now).update(notice_due_at=now + _LEASE):
        return False
    task = StaffTask.objects.select_related("contact", "staff", "created_by").get(pk=task_id)
    try:
        wecom.get_gateway().send_app_message(
            _message(task), userids=[task.staff.userid], once_within=_ONCE_WITHIN
        )
    except wecom.WeComError as error:
        untold.update(**_after(error, task, now=now))
        return False
    return bool(untold.update(notice=StaffTask.Notice.SENT, notice_at=now, notice_error=""))


def _after(error: wecom.WeComError, task: StaffTask, *, now: datetime) -> dict[str, object]:
    """What a failed call makes of a task's message: another try, or none."""
    may_repeat = error.retryable or isinstance(error, wecom.OutcomeUnknown)
    told: dict[str, object] = {"notice_error": f"{error.advice} ({error.code})"[:256]}
    if not may_repeat or now - task.notice_since > _GIVE_UP:
        return {**told, "notice": StaffTask.Notice.FAILED}
    wait = min(timedelta(seconds=max(30, error.retry_after)), _LONGEST_WAIT)
    return {**told, "notice_due_at": now + wait}


def _message(task: StaffTask) -> wecom.AppMessage:
    """Equal whenever it is made, so that WeCom knows it again."""
    with translation.override(settings.LANGUAGE_CODE):
        title = gettext("To do by %(day)s") % {"day": task.due_on.isoformat()}
        lines = [
            gettext("Customer: %(name)s") % {"name": task.contact.name[:60]},
            task.text,
            gettext("From: %(name)s") % {"name": task.created_by.get_username()},
        ]
        if task.link:
            return wecom.AppMessage.card(
                title=title, description="\n".join(lines), url=task.link, button=gettext("Open")
            )
        return wecom.AppMessage.text("\n".join([title, *lines]))


def _check(text: str, due_on: date, *, now: datetime) -> None:
    today = business_day(now)
    if not text:
        raise InvalidInput(gettext("Say what is to be done."), field="text")
    if len(text) > TASK_CHARS:
        raise InvalidInput(
            gettext("At most %(most)d characters.") % {"most": TASK_CHARS}, field="text"
        )
    if not today <= due_on <= today + _LATEST:
        raise InvalidInput(
            gettext("The day must be today or later, and within a year."), field="due_on"
        )


def _check_follower(contact: Contact, staff_id: int) -> None:
    follows = Follow.objects.filter(
        contact=contact,
        staff=staff_id,
        status=Follow.Status.ACTIVE,
        staff__status=Staff.Status.ACTIVE,
    )
    if not follows.exists():
        raise InvalidInput(
            gettext("Choose a staff member who is this customer's friend."), field="staff"
        )


def _log(action: str, task: StaffTask, operator: Operator, now: datetime) -> None:
    record_act(
        action=action,
        operator=operator,
        now=now,
        subject=task,
        details={"contact": task.contact_id, "staff": task.staff_id},
    )
