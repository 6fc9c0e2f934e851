"""Channels and their costs over the API."""

from __future__ import annotations

import pytest

from contacts.models import Channel, CostEntry
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.channel_rows import made, named, serving

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


def test_a_channel_is_made_changed_and_deleted(operator_client, corp):
    wang, li = serving(corp, "wang", "li")
    answer = operator_client.post(
        "/api/v1/channels/", {"name": "Counter", "kind": "code", "staff": [wang.pk]}, **JSON
    )
    assert answer.status_code == 201
    made_now = answer.json()
    assert (made_now["status"], made_now["staff"]) == ("live", [wang.pk])
    assert made_now["address"]
    where = f"/api/v1/channels/{made_now['id']}/"
    changed = operator_client.patch(where, {"staff": [li.pk], "daily_cap": 9}, **JSON).json()
    assert (changed["name"], changed["staff"], changed["daily_cap"]) == ("Counter", [li.pk], 9)
    [way] = corp.state.contact_ways.values()
    assert way.user == ["li"]
    assert operator_client.patch(where, {"is_archived": True}, **JSON).json()["is_archived"]
    assert operator_client.delete(where).status_code == 204
    assert not corp.state.contact_ways
    assert Channel.objects.get().status == "deleted"


def test_a_refusal_stands_at_its_field(operator_client, corp):
    answer = operator_client.post("/api/v1/channels/", {"name": "x", "kind": "link"}, **JSON)
    assert answer.status_code == 400
    assert list(answer.json()) == ["staff"]
    answer = operator_client.post("/api/v1/channels/", {"name": "x", "state": "y"}, **JSON)
    assert list(answer.json()) == ["state"]


def test_a_state_made_elsewhere_is_named(operator_client):
    rows.follow(rows.contact(), rows.staff(), state="fair")
    body = {"name": "Fair", "kind": "named", "state": "fair"}
    answer = operator_client.post("/api/v1/channels/", body, **JSON)
    assert (answer.status_code, answer.json()["state"]) == (201, "fair")
    assert operator_client.post("/api/v1/channels/", body, **JSON).status_code == 400


def test_channels_are_filtered_and_their_figures_told(operator_client):
    channel = named(folder="Shops")
    named("other")
    rows.follow(rows.contact(), rows.staff(), state=channel.state)
    listed = operator_client.get("/api/v1/channels/?folder=Shops").json()["results"]
    assert [row["state"] for row in listed] == ["poster"]
    figures = operator_client.get(f"/api/v1/channels/{channel.pk}/figures/").json()
    assert (figures["total"], figures["kept"], figures["cost_fen"]) == (1, 1, 0)


def test_costs_are_kept_over_the_api(operator_client):
    channel = named()
    body = {"channel": channel.pk, "spent_on": "2026-03-01", "amount_fen": 500}
    entry = operator_client.post("/api/v1/channel-costs/", body, **JSON).json()
    where = f"/api/v1/channel-costs/{entry['id']}/"
    assert operator_client.patch(where, {"amount_fen": 700}, **JSON).json()["amount_fen"] == 700
    assert operator_client.patch(where, {"amount_fen": 0}, **JSON).status_code == 400
    listed = operator_client.get(f"/api/v1/channel-costs/?channel={channel.pk}").json()
    assert len(listed["results"]) == 1
    assert operator_client.delete(where).status_code == 204
    assert not CostEntry.objects.exists()


def test_who_may_only_look_changes_nothing(client, corp):
    serving(corp, "wang")
    channel = made()
    client.force_login(build.operator(role=Role.ANALYST))
    where = f"/api/v1/channels/{channel.pk}/"
    assert client.get(where).status_code == 200
    assert client.patch(where, {"name": "x"}, **JSON).status_code == 403
    assert client.delete(where).status_code == 403
