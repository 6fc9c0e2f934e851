"""The pages of hand-overs, preferences, topics and blocked customers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from contacts.models import (
    BlockedImport,
    Handover,
    HandoverBar,
    HandoverItem,
    Preference,
    Topic,
    UnassignedFollow,
    UnassignedReading,
)
from contacts.services.preferences import set_do_not_contact
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    """Alice with two customers, and Bob."""
    alice, bob = rows.staff(name="Alice"), rows.staff(name="Bob")
    people = [rows.contact(name=name) for name in ("Amy", "Ben")]
    for person in people:
        rows.follow(person, alice)
    return alice, bob, people


def wish(alice, bob, **overrides):
    return {"mode": "on_job", "giver": alice.pk, "receiver": bob.pk, "whom": "all", **overrides}


def text(response):
    return response.content.decode()


def test_the_wizard_goes_from_giver_to_check_to_start(operator_client, shop):
    alice, bob, (amy, _ben) = shop
    url = "/handovers/new/"
    assert f'value="{alice.pk}"' in text(operator_client.get(url))
    page = text(operator_client.get(url, {"mode": "on_job", "giver": alice.pk}))
    assert "Amy" in page
    assert "Ben" in page
    asked = wish(alice, bob, whom="picked", contact=[amy.pk], step="check", message="Hello")
    page = operator_client.post(url, asked)
    assert page.context["check"].taken == [amy.pk]
    assert not Handover.objects.exists()
    started = operator_client.post(url, {**asked, "step": "start"})
    handover = Handover.objects.get()
    assert started.headers["Location"] == f"/handovers/{handover.pk}/"
    assert handover.message == "Hello"
    page = text(operator_client.get(f"/handovers/{handover.pk}/"))
    assert "Amy" in page
    assert "Ben" not in page


def test_the_check_says_who_is_left_out_and_why(operator_client, shop):
    alice, bob, (amy, _ben) = shop
    operator_client.post(
        "/handovers/new/", wish(alice, bob, whom="picked", contact=[amy.pk], step="start")
    )
    page = operator_client.post("/handovers/new/", wish(alice, bob, step="check"))
    assert [(str(contact), bar) for contact, bar in page.context["left_out"]] == [
        ("Amy", HandoverBar.IN_TRANSFER.label)
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"receiver": ""},
        {"whom": "tag"},
        {"whom": "picked"},
        {"message": "字" * 201},
        {"whom": "nonsense"},
    ],
)
def test_a_choice_that_cannot_be_comes_back_with_its_error(operator_client, shop, wrong):
    alice, bob, _people = shop
    page = operator_client.post("/handovers/new/", wish(alice, bob, step="start", **wrong))
    assert page.status_code == 200
    assert page.context["form"].errors
    assert not Handover.objects.exists()


def test_a_giver_who_is_none_leads_back_to_the_beginning(operator_client, shop):
    for giver in ("", "x", "0", str(10**30)):
        answer = operator_client.post("/handovers/new/", {"giver": giver})
        assert answer.headers["Location"] == "/handovers/new/"


def test_those_who_left_are_offered_with_the_days_that_remain(operator_client, shop):
    alice, _bob, (amy, _ben) = shop
    UnassignedReading.objects.create(pk=1, next_at=NOW, read_at=NOW, unknown=2)
    left_at = timezone.now() - timedelta(days=355, hours=1)
    UnassignedFollow.objects.create(staff=alice, contact=amy, left_at=left_at)
    page = operator_client.get("/handovers/")
    [leaver] = page.context["leavers"]
    assert (leaver.staff, leaver.customers, leaver.days_left) == (alice, 1, 9)
    assert f"mode=resigned&amp;giver={alice.pk}" in text(page)


def test_the_result_page_filters_and_exports(operator_client, shop):
    alice, bob, people = shop
    handover = Handover.objects.create(
        mode="on_job", giver=alice, receiver=bob, created_at=NOW, next_at=NOW
    )
    HandoverItem.objects.create(handover=handover, contact=people[0], state="asked")
    HandoverItem.objects.create(
        handover=handover, contact=people[1], state="failed", code=40096, settled_at=NOW
    )
    page = operator_client.get(f"/handovers/{handover.pk}/", {"state": "failed"})
    assert [item.contact for item, _why in page.context["rows"]] == [people[1]]
    assert operator_client.get(f"/handovers/{handover.pk}/progress/").status_code == 200
    file = operator_client.post(f"/handovers/{handover.pk}/export/")
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert len(lines) == 3
    assert "40096" in lines[2]
    assert AuditEntry.objects.filter(action="handover.export").exists()


def test_a_lead_sees_no_hand_over_of_strangers(client, shop):
    alice, bob, _people = shop
    handover = Handover.objects.create(
        mode="on_job", giver=alice, receiver=bob, created_at=NOW, next_at=NOW
    )
    client.force_login(build.operator(role=Role.LEAD, staff_userid=alice.userid))
    assert client.get(f"/handovers/{handover.pk}/").status_code == 404
    assert client.get("/handovers/").context["rows"] == []


def test_the_list_of_preferences_filters_and_frees(operator_client, operator, shop):
    _alice, _bob, (amy, ben) = shop
    news = Topic.objects.create(name="News")
    Preference.objects.create(contact=ben, topics_off=[news.pk], updated_at=NOW, source="h5")
    answer = operator_client.post(
        "/preferences/record/",
        {"external_userid": amy.external_userid, "ask": "never", "reason": "Rang up"},
    )
    assert answer.status_code == 302
    assert Preference.objects.get(pk=amy.pk).reason == "Rang up"

    def shown(**asked):
        page = operator_client.get("/preferences/", asked)
        return [row["contact"] for row in page.context["rows"]]

    assert shown() == [amy, ben]
    assert shown(kind="blocked") == shown(source="console") == shown(text="am") == [amy]
    assert shown(kind="topics") == shown(topic=news.pk) == [ben]
    assert shown(kind="paused") == []
    operator_client.post(f"/contacts/{amy.pk}/wishes/", {"ask": "clear", "back": "list"})
    assert shown() == [ben]


def test_an_unknown_customer_is_said_to_be_none(operator_client):
    answer = operator_client.post(
        "/preferences/record/", {"external_userid": "wm-none", "ask": "never"}, follow=True
    )
    assert [str(message) for message in answer.context["messages"]]
    assert not Preference.objects.exists()


def test_a_customers_tab_changes_topics_pauses_and_ends_links(operator_client, shop):
    _alice, _bob, (amy, _ben) = shop
    news, sales = Topic.objects.create(name="News"), Topic.objects.create(name="Sales")
    page = text(operator_client.get(f"/contacts/{amy.pk}/"))
    assert "/h5/preferences/" in page
    url = f"/contacts/{amy.pk}/wishes/"
    operator_client.post(url, {"ask": "topics", "topic": [news.pk]})
    operator_client.post(url, {"ask": "pause-4"})
    operator_client.post(url, {"ask": "end-links"})
    preference = Preference.objects.get(pk=amy.pk)
    assert preference.topics_off == [sales.pk]
    assert preference.pause_until is not None
    assert preference.link_version == 1


def test_topics_are_made_and_changed(operator_client):
    operator_client.post("/preferences/topics/", {"name": " News ", "is_active": "on"})
    topic = Topic.objects.get()
    assert (topic.name, topic.is_active) == ("News", True)
    again = operator_client.post("/preferences/topics/", {"name": "news"})
    assert again.context["problem"]
    operator_client.post("/preferences/topics/", {"topic": topic.pk, "name": "New teas"})
    topic.refresh_from_db()
    assert (topic.name, topic.is_active) == ("New teas", False)
    assert (
        operator_client.post("/preferences/topics/", {"topic": 0, "name": "x"}).status_code == 404
    )


def test_a_file_is_looked_at_imported_undone_and_its_faults_exported(operator_client, shop):
    _alice, _bob, (amy, _ben) = shop
    file = SimpleUploadedFile(
        "list.csv", f"phone,external_userid\n,{amy.external_userid}\n13812345678,\n".encode()
    )
    answer = operator_client.post("/blocked-imports/", {"file": file, "reason": "Complaints"})
    imported = BlockedImport.objects.get()
    url = f"/blocked-imports/{imported.pk}/"
    assert answer.headers["Location"] == url
    page = operator_client.get(url)
    assert (page.context["found"], page.context["fault_count"]) == (1, 1)
    assert "138****5678" in text(page)
    assert operator_client.post(f"{url}act/", {"act": "start"}).status_code == 302
    imported.refresh_from_db()
    assert imported.state == "running"
    assert operator_client.get(f"{url}progress/").status_code == 200
    faults = b"".join(operator_client.post(f"{url}faults/").streaming_content).decode()
    assert faults.count("\n") == 2
    assert operator_client.get("/blocked-imports/").status_code == 200


def test_a_file_that_is_none_comes_back_with_the_reason(operator_client):
    file = SimpleUploadedFile("list.csv", b"name\nAmy\n")
    page = operator_client.post("/blocked-imports/", {"file": file})
    assert page.context["form"].errors["file"]


def test_the_list_costs_the_same_however_many(operator_client, django_assert_max_num_queries):
    for _ in range(30):
        person = rows.contact()
        set_do_not_contact(
            contact_id=person.pk, is_do_not_contact=True, source="h5", operator=None, now=NOW
        )
    operator_client.get("/preferences/")
    with django_assert_max_num_queries(9):
        operator_client.get("/preferences/")
