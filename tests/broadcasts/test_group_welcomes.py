"""Welcomes of groups: in WeCom's library, within its limits, never made twice by accident."""

from __future__ import annotations

import pytest

from broadcasts.models import GroupWelcome
from broadcasts.services.group_welcomes import (
    GroupWelcomeDraft,
    change_group_welcome,
    create_group_welcome,
    delete_group_welcome,
    try_again,
)
from broadcasts.services.materials import archive_material
from broadcasts.views.group_welcomes import GroupWelcomeForm
from scrm.errors import InvalidInput
from tests.broadcasts.material_rows import material
from tests.contacts import rows as contact_rows
from tests.contacts.rows import NOW
from tests.groups import rows as group_rows

pytestmark = pytest.mark.django_db
ADD = "externalcontact/group_welcome_template/add"
EDIT = "externalcontact/group_welcome_template/edit"


def make(operator, **more):
    given = {"name": "Hello", "text": "Hi %NICKNAME%", **more}
    return create_group_welcome(draft=GroupWelcomeDraft(**given), operator=operator, now=NOW)


def test_a_welcome_is_made_changed_and_deleted_in_the_library(corp, operator):
    room = group_rows.group(contact_rows.staff())
    welcome = make(operator, group_ids=[room.pk])
    assert (welcome.status, welcome.problem) == ("live", "")
    held = corp.state.group_welcomes[welcome.template_id]
    assert held.text == "Hi %NICKNAME%"
    draft = GroupWelcomeDraft(name="Hello", text="Welcome")
    change_group_welcome(welcome_id=welcome.pk, draft=draft, operator=operator, now=NOW)
    assert corp.state.group_welcomes[welcome.template_id].text == "Welcome"
    delete_group_welcome(welcome_id=welcome.pk, operator=operator, now=NOW)
    assert not corp.state.group_welcomes
    assert not GroupWelcome.objects.exists()


def test_an_answer_that_never_came_makes_no_second_one_by_itself(corp, operator):
    corp.state.faults.add(ADD, "drop_after", count=1)
    welcome = make(operator)
    assert welcome.status == "unknown"
    assert welcome.problem
    draft = GroupWelcomeDraft(name="Hello", text="Other")
    change_group_welcome(welcome_id=welcome.pk, draft=draft, operator=operator, now=NOW)
    assert len(corp.state.group_welcomes) == 1
    again = try_again(welcome_id=welcome.pk, operator=operator, now=NOW)
    assert (again.status, again.problem) == ("live", "")
    assert try_again(welcome_id=welcome.pk, operator=operator, now=NOW).status == "live"
    assert len(corp.state.group_welcomes) == 2


def test_a_refusal_is_told_and_can_be_tried_again(corp, operator):
    corp.state.faults.add(ADD, "errcode", 41055, count=1)
    welcome = make(operator)
    assert welcome.status == "refused"
    assert "41055" in welcome.problem
    assert try_again(welcome_id=welcome.pk, operator=operator, now=NOW).status == "live"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"text": "好" * 1001}, "text"),
        ({"text": " "}, "text"),
        ({"material_id": 7}, "material"),
        ({"group_ids": [7]}, "groups"),
    ],
)
def test_what_wecom_would_refuse_is_refused_before(operator, wrong, field):
    with pytest.raises(InvalidInput) as refused:
        make(operator, **wrong)
    assert refused.value.field == field
    assert not GroupWelcome.objects.exists()


def test_the_pages_show_the_words_on_a_phone(corp, operator_client):
    given = {"name": "欢迎", "text": "欢迎 %NICKNAME%", "notifies": "on"}
    listed = operator_client.post("/group-welcomes/new/", given, follow=True).content.decode()
    assert "欢迎 %NICKNAME%" in listed
    welcome = GroupWelcome.objects.get()
    form = operator_client.get(f"/group-welcomes/{welcome.pk}/").content.decode()
    assert 'class="phone"' in form
    wrong = operator_client.post("/group-welcomes/new/", {"name": "x", "text": "好" * 1001})
    assert "3003" in wrong.content.decode()
    operator_client.post(f"/group-welcomes/{welcome.pk}/delete/")
    assert not GroupWelcome.objects.exists()


def test_an_attachment_archived_meanwhile_stays_and_cannot_be_chosen_anew(corp, operator):
    card = material("link")
    welcome = make(operator, material_id=card.pk)
    archive_material(material=card, operator=operator, now=NOW)
    assert str(card) in str(GroupWelcomeForm(kept=card.pk)["material"])
    draft = GroupWelcomeDraft(name="Hello", text="Other", material_id=card.pk)
    change_group_welcome(welcome_id=welcome.pk, draft=draft, operator=operator, now=NOW)
    assert GroupWelcome.objects.get().material == card
    with pytest.raises(InvalidInput):
        make(operator, material_id=card.pk)


def test_programs_write_change_and_delete_them(corp, operator_client):
    group = group_rows.group(contact_rows.staff())
    posted = {"name": "Hello", "text": "Welcome %NICKNAME%", "groups": [group.pk]}
    made = api(operator_client.post, "", posted, status=201)
    assert (made["status"], made["groups"], made["notifies"]) == ("live", [group.pk], True)
    assert [one["id"] for one in api(operator_client.get)["results"]] == [made["id"]]
    changed = api(operator_client.patch, f"{made['id']}/", {"text": "Hi"})
    assert (changed["text"], changed["groups"], changed["is_written"]) == ("Hi", [group.pk], True)
    assert corp.state.group_welcomes[made["template_id"]].text == "Hi"
    wrong = {"name": "Hello", "text": "好" * 1001}
    assert list(api(operator_client.put, f"{made['id']}/", wrong, status=400)) == ["text"]
    corp.state.faults.add(EDIT, "errcode", 41055, count=1)
    held = api(operator_client.patch, f"{made['id']}/", {"text": "Later"})
    assert (held["status"], held["is_written"]) == ("live", False)
    again = api(operator_client.post, f"{made['id']}/retry/", {})
    assert (again["is_written"], again["problem"]) == (True, "")
    api(operator_client.delete, f"{made['id']}/", status=204)
    assert not corp.state.group_welcomes
    assert not GroupWelcome.objects.exists()


def api(method, path="", body=None, *, status=200):
    sent = {"data": body, "content_type": "application/json"} if body is not None else {}
    answer = method(f"/api/v1/group-welcomes/{path}", **sent)
    assert answer.status_code == status, answer.content.decode()
    return answer.json() if answer.content else None
