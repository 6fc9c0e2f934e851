"""Tasks for staff: given, told once, closed; a message that failed is seen and sent again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from contacts.models import StaffTask
from contacts.services.staff_tasks import TaskClosed, close_task, give_task, tell_again, tell_due
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.contacts.tag_rows import friends

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 10)


@pytest.fixture
def amy(corp):
    (person,) = friends(corp, 1)
    return person


def alice(person):
    return person.follows.get().staff


def give(person, operator, **overrides):
    given = {
        "contact_id": person.pk,
        "staff_id": alice(person).pk,
        "text": "Ask how the tea was",
        "due_on": TODAY,
        "operator": operator,
        "now": NOW,
        **overrides,
    }
    return give_task(**given)


def read_by_alice(corp):
    return [m for m in corp.state.app_messages.values() if "alice" in m.delivered]


def state_of(task):
    task.refresh_from_db()
    return task.state, task.notice


def test_a_task_is_told_once(corp, amy, operator):
    task = give(amy, operator, link="https://scrm.example.com/contacts/1/")
    assert tell_due(now=NOW) == 1
    assert tell_due(now=NOW + timedelta(minutes=10)) == 0
    [message] = read_by_alice(corp)
    assert message.msgtype == "textcard"
    assert message.content["url"] == "https://scrm.example.com/contacts/1/"
    assert "Ask how the tea was" in message.content["description"]
    assert state_of(task) == ("open", "sent")


def test_without_an_address_the_message_is_plain_text(corp, amy, operator):
    give(amy, operator)
    tell_due(now=NOW)
    [message] = read_by_alice(corp)
    assert message.msgtype == "text"
    assert "2026-03-10" in message.content["content"]


def test_the_longest_task_fits_into_a_message(corp, amy, operator):
    give(amy, operator, text="好" * 200, link="https://scrm.example.com/")
    assert tell_due(now=NOW) == 1


@pytest.mark.parametrize("link", ["", "https://scrm.example.com/"])
def test_a_lost_answer_is_tried_again_and_read_once(corp, amy, operator, link):
    task = give(amy, operator, link=link)
    corp.state.faults.add(path="message/send", kind="drop_after", count=1)
    assert tell_due(now=NOW) == 0
    assert state_of(task) == ("open", "waiting")
    assert tell_due(now=NOW + timedelta(minutes=5)) == 1
    assert len(read_by_alice(corp)) == 1


def test_a_refused_message_is_seen_and_sent_again_by_hand(corp, amy, operator):
    task = give(amy, operator)
    corp.state.faults.add(path="message/send", kind="errcode", value=48002, count=1)
    tell_due(now=NOW)
    assert state_of(task) == ("open", "failed")
    assert "48002" in task.notice_error
    assert tell_again(task_id=task.pk, operator=operator, now=NOW)
    assert not tell_again(task_id=task.pk, operator=operator, now=NOW)
    assert tell_due(now=NOW) == 1
    assert state_of(task) == ("open", "sent")
    assert task.notice_error == ""


def test_a_message_is_given_up_after_hours(corp, amy, operator):
    task = give(amy, operator)
    corp.state.faults.add(path="message/send", kind="http", value=502, count=9)
    tell_due(now=NOW)
    tell_due(now=NOW + timedelta(hours=4))
    assert state_of(task) == ("open", "failed")


def test_two_workers_send_one_message(corp, amy, operator):
    task = give(amy, operator)
    StaffTask.objects.filter(pk=task.pk).update(notice_due_at=NOW + timedelta(minutes=2))
    assert tell_due(now=NOW) == 0  # the other one has it
    assert tell_due(now=NOW + timedelta(minutes=3)) == 1  # and was killed


def test_a_task_closed_before_the_message_went_is_not_told(corp, amy, operator):
    task = give(amy, operator)
    close_task(task_id=task.pk, state="cancelled", operator=operator, now=NOW)
    assert tell_due(now=NOW) == 0
    assert state_of(task) == ("cancelled", "dropped")
    assert not read_by_alice(corp)


def test_closing_twice_is_closing_once(amy, operator):
    task = give(amy, operator)
    for _ in range(2):
        close_task(task_id=task.pk, state="done", operator=operator, now=NOW)
    with pytest.raises(TaskClosed):
        close_task(task_id=task.pk, state="cancelled", operator=operator, now=NOW)
    acts = AuditEntry.objects.filter(action__startswith="staff_task.").order_by("pk")
    assert [act.action for act in acts] == ["staff_task.give", "staff_task.done"]


def test_a_second_press_gives_no_second_task(amy, operator):
    assert give(amy, operator) == give(amy, operator, now=NOW + timedelta(seconds=2))
    assert give(amy, operator, now=NOW + timedelta(hours=1)) != StaffTask.objects.first()
    assert StaffTask.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("text", {"text": "  "}),
        ("text", {"text": "x" * 201}),
        ("due_on", {"due_on": TODAY - timedelta(days=1)}),
        ("due_on", {"due_on": TODAY + timedelta(days=400)}),
    ],
)
def test_what_cannot_be_done_is_not_given(amy, operator, field, wrong):
    with pytest.raises(InvalidInput) as caught:
        give(amy, operator, **wrong)
    assert caught.value.field == field


def test_only_staff_who_follow_her_get_a_task(amy, operator):
    with pytest.raises(InvalidInput) as caught:
        give(amy, operator, staff_id=rows.staff().pk)
    assert caught.value.field == "staff"
