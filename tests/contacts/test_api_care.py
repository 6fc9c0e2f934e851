"""The REST API of hand-overs, preferences and topics."""

from __future__ import annotations

import pytest

from contacts.models import Handover, Preference, Topic
from tests.contacts import rows

pytestmark = pytest.mark.django_db

API, JSON = "/api/v1", "application/json"


def test_a_hand_over_is_checked_started_and_read(operator_client):
    alice, bob, amy = rows.staff(), rows.staff(), rows.contact()
    rows.follow(amy, alice)
    wish = {"mode": "on_job", "giver": alice.userid, "receiver": bob.userid.upper()}
    checked = operator_client.post(f"{API}/handovers/check/", wish, JSON).json()
    assert checked == {"taken": [amy.pk], "excluded": {}}
    assert not Handover.objects.exists()
    made = operator_client.post(f"{API}/handovers/", wish, JSON)
    assert (made.status_code, made.json()["counts"]) == (201, {"waiting": 1})
    again = operator_client.post(f"{API}/handovers/check/", wish, JSON).json()
    assert again == {"taken": [], "excluded": {str(amy.pk): "in_transfer"}}
    number = made.json()["id"]
    [customer] = operator_client.get(f"{API}/handovers/{number}/customers/").json()
    assert (customer["external_userid"], customer["state"]) == (amy.external_userid, "waiting")
    wrong = operator_client.post(f"{API}/handovers/", {**wish, "receiver": "nobody"}, JSON)
    assert (wrong.status_code, list(wrong.json())) == (400, ["receiver"])


def test_preferences_are_recorded_and_filtered_by_topic(operator_client):
    amy, ben = rows.contact(), rows.contact()
    topic = operator_client.post(f"{API}/topics/", {"name": "News"}, JSON).json()
    url = f"{API}/preferences/{amy.pk}/"
    said = operator_client.patch(url, {"topics_off": [topic["id"]], "reason": "x"}, JSON)
    assert (said.status_code, said.json()["topics_off"]) == (200, [topic["id"]])
    operator_client.patch(f"{API}/preferences/{ben.pk}/", {"is_do_not_contact": True}, JSON)
    assert Preference.objects.get(pk=ben.pk).source == "api"
    found = operator_client.get(f"{API}/preferences/", {"topic": topic["id"]}).json()["results"]
    assert [row["contact"] for row in found] == [amy.pk]
    assert operator_client.patch(url, {"topics_off": [999]}, JSON).status_code == 400
    assert operator_client.patch(f"{API}/preferences/999999/", {}, JSON).status_code == 404


def test_a_topic_changes_its_name_and_keeps_it_unique(operator_client):
    topic = Topic.objects.create(name="News")
    Topic.objects.create(name="Sales")
    url = f"{API}/topics/{topic.pk}/"
    assert operator_client.patch(url, {"is_active": False}, JSON).json()["name"] == "News"
    assert operator_client.patch(url, {"name": "sales"}, JSON).status_code == 400
