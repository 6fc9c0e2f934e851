"""The REST API of group tags, group segments, nickname rules and hand-overs."""

from __future__ import annotations

import pytest
from rest_framework.authtoken.models import Token

from groups.models import GroupHandover, GroupTagMark
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.groups.rows import group

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client, operator):
    client.defaults["HTTP_AUTHORIZATION"] = f"Token {Token.objects.create(user=operator).key}"
    return client


def post(api, path, **data):
    return api.post(f"/api/v1/{path}/", data, content_type="application/json")


def results(api, path):
    return api.get(f"/api/v1/{path}/").json()["results"]


def test_tags_are_made_listed_and_put_on_groups(api):
    made = post(api, "group-tags", set_name="City", names=["North", "South"])
    assert made.status_code == 201
    north, south = results(api, "group-tags")
    assert (north["name"], north["set_name"]) == ("North", "City")
    assert post(api, "group-tags", set=north["set"], names=["North"]).status_code == 400
    chat = group(rows.staff())
    answer = post(api, "group-tags/mark", groups=[chat.pk], add=[north["id"], south["id"]])
    assert answer.json() == {"changed": 1}
    assert GroupTagMark.objects.count() == 2
    assert post(api, "group-tags/mark", groups=[chat.pk]).status_code == 400


def test_rules_about_groups_are_counted_and_saved(api):
    group(rows.staff(), name="Tea")
    rule = {"field": "chat.name", "op": "contains", "value": "Te"}
    assert post(api, "group-segments/count", rule=rule).json()["count"] == 1
    assert post(api, "group-segments/count", rule={"field": "stage"}).status_code == 400
    saved = post(api, "group-segments", name="Tea", rule=rule)
    assert (saved.status_code, saved.json()["size"]) == (201, 1)
    assert post(api, "group-segments", name="Tea", rule=rule).status_code == 400
    assert results(api, "group-segments")[0]["rule"] == rule


def test_a_hand_over_is_ordered_watched_and_cancelled(api):
    owner, receiver = rows.staff(), rows.staff()
    chat = group(owner)
    order = {"owner": owner.pk, "new_owner": receiver.pk, "groups": [chat.pk]}
    made = post(api, "group-handovers", **order)
    assert (made.status_code, made.json()["total"]) == (201, 1)
    assert post(api, "group-handovers", **order).status_code == 400
    assert post(api, "group-handovers", **{**order, "new_owner": 999}).status_code == 400
    path = f"group-handovers/{made.json()['id']}"
    assert api.get(f"/api/v1/{path}/groups/").json()[0]["state"] == "waiting"
    assert post(api, f"{path}/cancel").json()["state"] == "cancelled"


def test_the_data_scope_applies(client):
    lead = build.operator(role=Role.LEAD, staff_userid="nobody")
    client.defaults["HTTP_AUTHORIZATION"] = f"Token {Token.objects.create(user=lead).key}"
    owner, receiver = rows.staff(), rows.staff()
    group(owner)
    GroupHandover.objects.create(
        kind="on_job",
        owner=owner,
        new_owner=receiver,
        created_at=rows.NOW,
        not_before=rows.NOW,
    )
    assert results(client, "group-handovers") == []
    assert post(client, "group-segments/count", rule={"all": []}).json()["count"] == 0
    assert post(client, "group-handovers").status_code == 403
    assert results(client, "nickname-rules") == []
