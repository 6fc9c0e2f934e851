"""Customers and segments over REST."""

from __future__ import annotations

import pytest

from contacts.models import Contact, Follow, Segment, Staff
from scrm.console.models import Role
from tests import build
from tests.segments.people import NOW, customer

BOUGHT = {"field": "order.count", "op": ">=", "value": 1}


def post(client, path, data):
    return client.post(f"/api/v1/{path}", data, content_type="application/json")


def test_a_segment_is_created_listed_and_read(operator_client, there):
    customer("Anna", order_days=1)
    created = post(operator_client, "segments/", {"name": "买过", "rule": BOUGHT})
    assert created.status_code == 201
    assert created.json()["size"] == 1
    listed = operator_client.get("/api/v1/segments/").json()["results"]
    assert [row["words"] for row in listed] == ["购买次数 ≥ 1"]
    assert operator_client.get(f"/api/v1/segments/{listed[0]['id']}/").json()["rule"] == BOUGHT


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"name": "x", "rule": {"field": "?"}}, "rule"),
        ({"name": "x" * 65, "rule": BOUGHT}, "name"),
        ({"rule": BOUGHT}, "name"),
        ({"name": "x"}, "rule"),
        ({"name": "taken", "rule": BOUGHT}, "name"),
    ],
)
def test_a_wrong_segment_is_refused_with_the_place(operator_client, there, data, key):
    post(operator_client, "segments/", {"name": "taken", "rule": BOUGHT})
    answer = post(operator_client, "segments/", data)
    assert answer.status_code == 400
    assert key in answer.json()
    assert Segment.objects.count() == 1


def test_a_rule_is_counted_without_being_saved(operator_client, there):
    customer("Anna", order_days=1)
    answer = post(operator_client, "segments/count/", {"rule": BOUGHT})
    assert answer.status_code == 200
    assert answer.json()["count"] == 1
    wrong = post(operator_client, "segments/count/", {"rule": {"all": [BOUGHT, {}]}})
    assert wrong.status_code == 400
    assert [error["path"] for error in wrong.json()["errors"]] == ["all[1].field"]
    assert not Segment.objects.exists()


def test_a_recount_answers_the_new_size(operator_client, there):
    made = post(operator_client, "segments/", {"name": "买过", "rule": BOUGHT}).json()
    customer("Anna", order_days=1)
    assert post(operator_client, f"segments/{made['id']}/recount/", {}).json()["size"] == 1


def test_customers_are_listed_with_masked_phones_and_filtered(operator_client, there):
    anna = customer("Anna", stage="repeat", tag_ids=[there.tags["甜"]])
    Contact.objects.filter(pk=anna.pk).update(phone="13812345678")
    customer("Bea", staff_ids=[there.staff["bob"]])
    rows = operator_client.get("/api/v1/contacts/?name=ann").json()["results"]
    assert [(row["name"], row["phone"]) for row in rows] == [("Anna", "138****5678")]
    for query, names in (
        (f"tag={there.tags['甜']}", ["Anna"]),
        (f"staff={there.staff['bob']}", ["Bea"]),
        ("stage=repeat", ["Anna"]),
        ("relation=lost", []),
    ):
        rows = operator_client.get(f"/api/v1/contacts/?{query}").json()["results"]
        assert [row["name"] for row in rows] == names
    assert operator_client.get("/api/v1/contacts/?tag=99999999999").status_code == 400


def test_service_staff_see_their_own_customers_and_no_segments(client, there):
    mine, theirs = customer("Mine"), customer("Theirs")
    Follow.objects.create(contact=mine, staff=Staff.objects.get(userid="alice"), added_at=NOW)
    client.force_login(build.operator(role=Role.STAFF, staff_userid="alice"))
    rows = client.get("/api/v1/contacts/").json()["results"]
    assert [row["name"] for row in rows] == ["Mine"]
    assert client.get(f"/api/v1/contacts/{theirs.pk}/").status_code == 404
    assert client.get("/api/v1/segments/").status_code == 403
    assert post(client, "segments/count/", {"rule": BOUGHT}).status_code == 403


def test_an_analyst_counts_but_creates_nothing(client, there):
    client.force_login(build.operator(role=Role.ANALYST))
    assert post(client, "segments/count/", {"rule": BOUGHT}).status_code == 200
    assert post(client, "segments/", {"name": "x", "rule": BOUGHT}).status_code == 403


def test_a_stranger_gets_nothing(client, db):
    assert client.get("/api/v1/contacts/").status_code in {401, 403}


@pytest.fixture
def saved(operator_client, there):
    customer("Anna", order_days=1)
    return post(operator_client, "segments/", {"name": "买过", "rule": BOUGHT}).json()


def test_a_segment_is_changed_unless_somebody_else_did_before(operator_client, saved):
    path = f"/api/v1/segments/{saved['id']}/"
    often = {"version": 1, "rule": {**BOUGHT, "value": 3}}
    changed = operator_client.patch(path, often, content_type="application/json")
    assert (changed.status_code, changed.json()["version"], changed.json()["size"]) == (200, 2, 0)
    again = operator_client.patch(path, often, content_type="application/json")
    assert again.status_code == 409
    versions = operator_client.get(f"{path}versions/").json()
    assert [row["version"] for row in versions] == [2, 1]
    back = post(operator_client, f"segments/{saved['id']}/restore/", {"version": 1})
    assert (back.json()["version"], back.json()["rule"]) == (3, BOUGHT)
    assert (
        post(operator_client, f"segments/{saved['id']}/restore/", {"version": 9}).status_code == 404
    )


def test_members_are_fixed_and_taken_anew(operator_client, saved):
    path = f"segments/{saved['id']}/"
    frozen = post(operator_client, f"{path}freeze/", {"name": "名单"})
    assert frozen.status_code == 201
    assert (frozen.json()["size"], frozen.json()["source"]) == (1, saved["id"])
    customer("Bea", order_days=2)
    anew = post(operator_client, f"segments/{frozen.json()['id']}/refreeze/", {})
    assert anew.json()["size"] == 2
    assert post(operator_client, f"{path}refreeze/", {}).status_code == 400
    assert post(operator_client, f"{path}freeze/", {"name": "名单"}).status_code == 400


def test_what_is_in_use_is_not_archived(operator_client, saved):
    named = {"field": "segment", "op": "any", "value": [saved["id"]]}
    outer = post(operator_client, "segments/", {"name": "外", "rule": named}).json()
    uses = operator_client.get(f"/api/v1/segments/{saved['id']}/uses/").json()
    assert [use["name"] for use in uses] == ["外"]
    assert post(operator_client, f"segments/{saved['id']}/archive/", {}).status_code == 409
    assert post(operator_client, f"segments/{outer['id']}/archive/", {}).status_code == 204
    assert post(operator_client, f"segments/{saved['id']}/archive/", {}).status_code == 204


def test_the_api_says_why_somebody_is_in(operator_client, saved):
    anna = Contact.objects.get()
    path = f"/api/v1/segments/{saved['id']}/why/"
    told = operator_client.get(path, {"contact": anna.pk}).json()
    assert (told["is_in"], [line["own"] for line in told["lines"]]) == (True, ["1"])
    for contact, code in (("", 400), ("x", 400), ("999999", 404)):
        assert operator_client.get(path, {"contact": contact}).status_code == code
