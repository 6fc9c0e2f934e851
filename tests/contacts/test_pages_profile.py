"""The 360° page: tabs, scope, preferences."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from broadcasts.models import Touch
from contacts.models import (
    ContactEvent,
    ContactNote,
    ContactTag,
    FollowTag,
    Preference,
    ProfileField,
    Segment,
    StaffTask,
)
from contacts.services.facts import refresh_facts
from contacts.services.notes import write_note
from contacts.services.profile_fields import create_profile_field
from contacts.services.staff_tasks import give_task
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.contacts.tag_rows import corp_tags, friends, in_wecom, internal

pytestmark = pytest.mark.django_db


@pytest.fixture
def amy():
    person = rows.contact(name="Amy", phone="13812345678")
    rows.follow(person, rows.staff(userid="clerk", name="王小明"), remark="三楼")
    rows.order(person, days_ago=3, amount_fen=12_345)
    refresh_facts(contact_ids=[person.pk])
    return person


def test_the_page_shows_who_she_is_and_a_tab_for_each_card(operator_client, amy):
    response = operator_client.get(f"/contacts/{amy.pk}/")
    page = response.content.decode()
    for shown in ("Amy", "王小明", "三楼", "138****5678", "¥123.45"):
        assert shown in page
    tabs = [tab["card"].name for tab in response.context["tabs"]]
    assert tabs[:3] == ["timeline", "notes", "orders"]
    assert {"value", "groups", "touches", "memberships"} <= set(tabs)
    assert page.count('aria-selected="true"') == 1


def test_a_customer_without_facts_has_a_page_too(operator_client):
    assert operator_client.get(f"/contacts/{rows.contact().pk}/").status_code == 200


def test_outside_the_scope_there_is_no_such_customer(client, amy):
    client.force_login(build.operator(role=Role.STAFF, staff_userid="somebody"))
    assert client.get(f"/contacts/{amy.pk}/").status_code == 404
    assert client.get(f"/contacts/{amy.pk}/events/").status_code == 404


def test_inside_the_scope_the_phone_is_masked(client, amy):
    client.force_login(build.operator(role=Role.STAFF, staff_userid="clerk"))
    page = client.get(f"/contacts/{amy.pk}/").content.decode()
    assert "138****5678" in page
    assert "13812345678" not in page


def test_older_events_are_asked_for_and_come_as_rows(operator_client, amy):
    for number in range(40):
        ContactEvent.objects.create(
            contact=amy, kind="remarked", at=NOW - timedelta(days=number + 5), details={}
        )
    first = operator_client.get(f"/contacts/{amy.pk}/").context["tabs"][0]["data"]["page"]
    assert first.older
    more = operator_client.get(f"/contacts/{amy.pk}/events/", {"before": first.older})
    assert more.content.decode().count("<time") == 41 - len(first.entries)
    assert "<html" not in more.content.decode()


def test_a_pause_a_refusal_and_their_end_are_recorded(operator_client, operator, amy):
    url = f"/contacts/{amy.pk}/preference/"
    operator_client.post(url, {"ask": "pause"})
    assert Preference.objects.get(pk=amy.pk).pause_until is not None
    operator_client.post(url, {"ask": "never"})
    assert Preference.objects.get(pk=amy.pk).is_do_not_contact
    operator_client.post(url, {"ask": "clear"})
    preference = Preference.objects.get(pk=amy.pk)
    assert (preference.is_do_not_contact, preference.pause_until) == (False, None)
    assert AuditEntry.objects.filter(operator=operator, subject_id=amy.pk).count() == 4


def test_only_who_may_change_customers_records_preferences(client, amy):
    client.force_login(build.operator(role=Role.ANALYST))
    response = client.post(f"/contacts/{amy.pk}/preference/", {"ask": "never"})
    assert response.status_code == 403
    lead = build.operator(role=Role.LEAD, staff_userid="nobody")
    client.force_login(lead)
    response = client.post(f"/contacts/{amy.pk}/preference/", {"ask": "never"})
    assert response.status_code == 404


def test_the_page_names_the_segments_she_is_in(operator_client, amy):
    leaf = {"field": "order.count", "op": ">=", "value": 1}
    rules = {"Buyers": leaf, "Nobody": {"not": leaf}, "All": {"all": []}, "Broken": {"field": "x"}}
    for name, rule in rules.items():
        Segment.objects.create(name=name, rule=rule, created_at=NOW, updated_at=NOW)
    tabs = operator_client.get(f"/contacts/{amy.pk}/").context["tabs"]
    (shown,) = [tab["data"]["segments"] for tab in tabs if tab["card"].name == "memberships"]
    assert [segment.name for segment in shown] == ["All", "Buyers"]


def test_a_phone_is_shown_to_whom_it_may_be_and_the_log_knows(client, operator_client, amy):
    url = f"/contacts/{amy.pk}/phone/"
    assert operator_client.post(url).content.decode() == "13812345678"
    act = AuditEntry.objects.get(action="contact.show_phone")
    assert act.subject_id == str(amy.pk)
    client.force_login(build.operator(role=Role.OPERATOR))
    assert client.post(url).status_code == 403


def test_a_note_is_written_and_stands_on_the_page(operator_client, amy):
    operator_client.post(f"/contacts/{amy.pk}/notes/", {"text": "likes <b>tea</b>"})
    page = operator_client.get(f"/contacts/{amy.pk}/").content.decode()
    assert "likes &lt;b&gt;tea&lt;/b&gt;" in page
    answer = operator_client.post(f"/contacts/{amy.pk}/notes/", {"text": " "}, follow=True)
    assert any(message.level_tag == "error" for message in answer.context["messages"])
    assert ContactNote.objects.count() == 1


def test_a_pause_until_a_day_and_the_reason_of_a_refusal_are_kept(operator_client, amy):
    url = f"/contacts/{amy.pk}/preference/"
    day = (timezone.localdate() + timedelta(days=9)).isoformat()
    operator_client.post(url, {"ask": "pause", "until": day})
    until = Preference.objects.get(pk=amy.pk).pause_until
    assert timezone.localtime(until).date().isoformat() == day
    operator_client.post(url, {"ask": "never", "reason": "too many messages"})
    page = operator_client.get(f"/contacts/{amy.pk}/").content.decode()
    assert "too many messages" in page
    for wrong in ("2000-01-01", "tomorrow"):
        operator_client.post(url, {"ask": "pause", "until": wrong})
    assert Preference.objects.get(pk=amy.pk).pause_until == until


def test_a_tag_is_put_on_and_taken_off_at_once(corp, operator_client):
    (sweet,) = corp_tags(corp, "sweet")
    (person,) = friends(corp, 1)
    url = f"/contacts/{person.pk}/tags/"
    operator_client.post(url, {"add": sweet.pk})
    assert in_wecom(corp, person) == {"alice": {sweet.tag_id}}
    shelves = operator_client.get(f"/contacts/{person.pk}/").context["profile"].shelves
    assert [mark.staff for shelf in shelves for mark in shelf.marks] == [["Alice"]]
    operator_client.post(url, {"remove": sweet.pk})
    assert in_wecom(corp, person) == {"alice": set()}


def test_tags_are_found_by_their_name_or_that_of_their_group(operator_client, amy):
    internal("rose tea")
    internal("soap", group="Bath")
    for query, found in (("ROSE", ["rose tea"]), ("bath", ["soap"]), ("x", [])):
        answer = operator_client.get(f"/contacts/{amy.pk}/tag-choices/", {"q": query})
        assert [tag.name for tag in answer.context_data["tags"]] == found


def test_a_remark_is_edited_on_a_page_that_keeps_what_was_typed(corp, operator_client):
    (person,) = friends(corp, 1)
    url = f"/follows/{person.follows.get().pk}/remark/"
    corp.state.faults.add(path="externalcontact/remark", kind="errcode", value=48002, count=1)
    refused = operator_client.post(url, {"remark": "Ms Li", "description": ""})
    assert refused.status_code == 200
    assert "Ms Li" in refused.content.decode()
    assert operator_client.post(url, {"remark": "Ms Li", "description": ""}).status_code == 302
    assert person.follows.get().remark == "Ms Li"


def test_a_number_in_a_remark_is_locked_to_those_who_may_not_see_it(corp, client):
    (person,) = friends(corp, 1)
    follow = person.follows.get()
    type(follow).objects.filter(pk=follow.pk).update(description="call 13812345678")
    url = f"/follows/{follow.pk}/remark/"
    client.force_login(build.operator(role=Role.OPERATOR))
    page = client.get(url).content.decode()
    assert "138****5678" in page
    assert "13812345678" not in page
    client.post(url, {"remark": "Ms Li", "description": "gone"})
    follow.refresh_from_db()
    assert (follow.remark, follow.description) == ("Ms Li", "call 13812345678")


def test_profile_values_are_edited_on_a_page(operator_client, operator, amy):
    skin = create_profile_field(
        label="Skin", kind="multi", choices=["dry", "oily"], operator=operator, now=NOW
    )
    born = create_profile_field(label="Born", kind="date", operator=operator, now=NOW)
    url = f"/contacts/{amy.pk}/fields/"
    assert operator_client.get(url).status_code == 200
    wrong = operator_client.post(url, {skin.key: ["dry"], born.key: "yesterday"})
    assert wrong.context["form"].errors.keys() == {born.key}
    operator_client.post(url, {skin.key: ["dry", "oily"], born.key: "1990-02-28"})
    page = operator_client.get(f"/contacts/{amy.pk}/").content.decode()
    assert "dry、oily" in page
    assert "1990-02-28" in page


def test_a_task_is_given_on_her_page_and_closed_in_the_list(operator_client, amy):
    member = amy.follows.get().staff
    url = f"/contacts/{amy.pk}/tasks/"
    day = timezone.localdate().isoformat()
    wrong = operator_client.post(url, {"staff": rows.staff().pk, "text": "call", "due_on": day})
    assert "staff" in wrong.context["form"].errors
    operator_client.post(url, {"staff": member.pk, "text": "call her", "due_on": day})
    task = StaffTask.objects.get()
    assert task.link.endswith(f"/contacts/{amy.pk}/")
    assert "call her" in operator_client.get("/tasks/").content.decode()
    back = operator_client.post(f"/tasks/{task.pk}/close/", {"next": f"/contacts/{amy.pk}/"})
    assert back.url == f"/contacts/{amy.pk}/"
    away = operator_client.post(f"/tasks/{task.pk}/close/", {"next": "https://evil.example/"})
    assert away.url == "/tasks/"
    assert "call her" not in operator_client.get("/tasks/").content.decode()
    assert "call her" in operator_client.get("/tasks/", {"state": "done"}).content.decode()


def test_staff_see_and_close_their_own_tasks_alone(client, operator, amy):
    member = amy.follows.get().staff
    task = give_task(
        contact_id=amy.pk,
        staff_id=member.pk,
        text="call her",
        due_on=NOW.date(),
        operator=operator,
        now=NOW,
    )
    client.force_login(build.operator(role=Role.STAFF, staff_userid="somebody"))
    assert "call her" not in client.get("/tasks/", {"state": "all"}).content.decode()
    assert client.post(f"/tasks/{task.pk}/close/").status_code == 404
    client.force_login(build.operator(role=Role.STAFF, staff_userid="clerk"))
    assert "call her" in client.get("/tasks/", {"state": "overdue"}).content.decode()
    client.post(f"/tasks/{task.pk}/close/")
    task.refresh_from_db()
    assert task.state == "done"


def test_why_she_is_in_a_segment_and_why_not(operator_client, amy):
    leaf = {"field": "order.count", "op": ">=", "value": 1}
    inside, outside, broken = (
        Segment.objects.create(name=name, rule=rule, created_at=NOW, updated_at=NOW)
        for name, rule in (("In", leaf), ("Out", {"not": leaf}), ("Broken", {"field": "x"}))
    )
    url = f"/contacts/{amy.pk}/why/"
    for segment, is_in in ((inside, True), (outside, False)):
        why = operator_client.get(url, {"segment": segment.pk}).context["why"]
        assert (why.is_in, bool(why.lines)) == (is_in, True)
    assert operator_client.get(url, {"segment": broken.pk}).context["problem"]
    assert operator_client.get(url, {"segment": "99999"}).status_code == 404
    assert operator_client.get(url).status_code == 200


def test_profile_fields_are_defined_changed_and_archived(operator_client):
    new = {"label": "Skin", "kind": "choice", "choices": "dry\noily", "order": 10}
    operator_client.post("/profile-fields/new/", new)
    row = ProfileField.objects.get()
    assert (row.key, row.choices) == ("field_1", ["dry", "oily"])
    again = operator_client.post("/profile-fields/new/", new)
    assert "label" in again.context["form"].errors
    operator_client.post(
        f"/profile-fields/{row.pk}/", {"label": "Skin type", "choices": "dry", "order": 5}
    )
    operator_client.post(f"/profile-fields/{row.pk}/archive/", {"ask": "archive"})
    row.refresh_from_db()
    assert (row.label, row.choices, row.is_archived) == ("Skin type", ["dry"], True)
    assert operator_client.get("/profile-fields/").status_code == 200


def test_the_page_needs_a_fixed_number_of_queries(operator_client, operator, amy):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert operator_client.get(f"/contacts/{amy.pk}/").status_code == 200
        return len(seen)

    rule = {"field": "order.count", "op": ">=", "value": 1}
    Segment.objects.create(name="S", rule=rule, created_at=NOW, updated_at=NOW)
    fill(amy, operator, 1)
    few = queries()
    fill(amy, operator, 8)
    for number in range(5):
        Segment.objects.create(name=f"S{number}", rule=rule, created_at=NOW, updated_at=NOW)
    assert queries() == few


def fill(person, operator, number):
    """So many of everything that a page shows."""
    for place in range(number):
        member = rows.staff()
        follow = rows.follow(person, member)
        tag = internal(f"tag {number} {place}", group=f"group {number} {place}")
        ContactTag.objects.create(contact=person, tag=tag, at=NOW)
        FollowTag.objects.create(follow=follow, tag=tag)
        rows.order(person, days_ago=place)
        name = f"{number}-{place}"
        write_note(contact_id=person.pk, text=name, operator=operator, now=NOW)
        create_profile_field(label=name, kind="text", operator=operator, now=NOW)
        Touch.objects.create(contact=person, channel="group", touch_class="light", at=NOW)
        give_task(
            contact_id=person.pk,
            staff_id=member.pk,
            text=name,
            due_on=NOW.date(),
            operator=operator,
            now=NOW,
        )
