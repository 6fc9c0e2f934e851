"""Over the API: one customer whole, notes, tasks for staff, profile fields."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from contacts.models import ContactNote, StaffTask
from contacts.services.facts import refresh_facts
from scrm.segments.days import business_day
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def api(operator):
    token = Token.objects.create(user=operator)
    return Client(headers={"authorization": f"Token {token.key}", "accept-language": "en"})


@pytest.fixture
def amy():
    person = rows.contact(name="Amy", phone="13812345678")
    rows.follow(person, rows.staff(userid="clerk", name="Wang"), remark="Amy 13812345678")
    refresh_facts(contact_ids=[person.pk])
    return person


def post(api, path, **body):
    return api.post(f"/api/v1/{path}/", body, **JSON)


def today():
    return business_day(timezone.now()).isoformat()


def test_a_profile_is_read_whole_with_masked_phones(api, amy):
    shown = api.get(f"/api/v1/contacts/{amy.pk}/profile/").json()
    assert shown["phone"] == "138****5678"
    [relation] = shown["relations"]
    assert (relation["staff"], relation["remark"]) == ("clerk", "Amy 138****5678")
    assert (shown["known"], shown["wanted"]) == (1, 2)


def test_profile_values_are_written_by_key_with_their_origin(api, operator, amy):
    assert post(api, "profile-fields", label="Skin", kind="text", key="skin").status_code == 201
    url = f"/api/v1/contacts/{amy.pk}/profile/"
    [shown] = api.patch(url, {"skin": "dry"}, **JSON).json()
    assert (shown["value"], shown["origin"], shown["by"]) == ("dry", "api", operator.username)
    assert api.get(url).json()["profile_fields"] == [shown]
    [shown] = api.patch(url, {"skin": None}, **JSON).json()
    assert shown["value"] is None
    wrong = api.patch(url, {"skin": 3}, **JSON)
    assert (wrong.status_code, list(wrong.json())) == (400, ["skin"])
    assert api.patch(url, {"colour": "x"}, **JSON).status_code == 400
    assert api.patch(url, [1], **JSON).status_code == 400


def test_profile_fields_keep_key_and_kind(api):
    made = post(api, "profile-fields", label="Skin", kind="choice", choices=["dry"]).json()
    assert made["key"] == "field_1"
    url = f"/api/v1/profile-fields/{made['id']}/"
    changed = api.patch(url, {"choices": ["dry", "oily"], "is_archived": True}, **JSON).json()
    assert (changed["choices"], changed["is_archived"]) == (["dry", "oily"], True)
    assert api.patch(url, {"kind": "text"}, **JSON).status_code == 400
    assert post(api, "profile-fields", label="Skin", kind="choice").status_code == 400
    assert len(api.get("/api/v1/profile-fields/").json()) == 1


def test_notes_are_written_and_listed_by_customer(api, operator, amy):
    made = post(api, "notes", contact=amy.pk, text="call 13812345678")
    assert (made.status_code, made.json()["text"]) == (201, "call 138****5678")
    assert ContactNote.objects.get().text == "call 13812345678"
    other = rows.contact()
    for contact_id, number in ((amy.pk, 1), (other.pk, 0)):
        assert len(api.get("/api/v1/notes/", {"contact": contact_id}).json()["results"]) == number
    assert post(api, "notes", contact=10**9, text="x").status_code == 400
    assert post(api, "notes", contact=amy.pk, text=" ").status_code == 400
    assert api.delete(f"/api/v1/notes/{made.json()['id']}/").status_code in {403, 405}


def test_a_task_is_given_and_closed(api, amy):
    member = amy.follows.get().staff
    wrong = post(api, "tasks", contact=amy.pk, staff=rows.staff().pk, text="x", due_on=today())
    assert (wrong.status_code, list(wrong.json())) == (400, ["staff"])
    made = post(api, "tasks", contact=amy.pk, staff=member.pk, text="call", due_on=today())
    assert made.status_code == 201
    url = f"/api/v1/tasks/{made.json()['id']}"
    assert api.post(f"{url}/tell/").status_code == 409
    assert api.post(f"{url}/done/").json()["state"] == "done"
    assert api.post(f"{url}/cancel/").status_code == 409
    found = api.get("/api/v1/tasks/", {"state": "done", "staff": member.pk}).json()["results"]
    assert [task["text"] for task in found] == ["call"]
    assert api.get("/api/v1/tasks/", {"state": "open"}).json()["results"] == []


def test_a_failed_message_is_sent_again_on_request(api, operator, amy):
    task = StaffTask.objects.create(
        contact=amy,
        staff=amy.follows.get().staff,
        text="call",
        due_on=NOW.date(),
        created_by=operator,
        created_at=NOW,
        notice="failed",
        notice_since=NOW,
        notice_due_at=NOW,
    )
    assert api.post(f"/api/v1/tasks/{task.pk}/tell/").json()["notice"] == "waiting"
