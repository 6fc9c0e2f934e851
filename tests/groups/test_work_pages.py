"""The pages of group tags, group segments, nickname rules and hand-overs."""

from __future__ import annotations

import json

import pytest

from contacts.models import Tag, TagGroup
from groups.models import GroupHandover, GroupSegment, GroupTag, GroupTagMark, NicknameRule
from groups.services.nicknames import read_due
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.groups.rows import group, member

pytestmark = pytest.mark.django_db


def shown(client, path, **query):
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def said(answer):
    return [str(message) for message in answer.context["messages"]]


@pytest.fixture
def tag(operator_client):
    names = {"set_name": "City", "names": "North\nSouth"}
    operator_client.post("/group-tags/new/", names)
    return GroupTag.objects.get(name="North")


def test_tags_are_made_renamed_and_deleted_on_their_page(operator_client, tag):
    assert "South" in shown(operator_client, "/group-tags/")
    path = f"/group-tags/{tag.pk}/"
    operator_client.post(path, {"do": "rename", "name": "Far north"})
    operator_client.post(path, {"do": "down"})
    assert [row.name for row in GroupTag.objects.all()] == ["South", "Far north"]
    operator_client.post(path, {"do": "delete"})
    assert GroupTag.objects.get(pk=tag.pk).is_gone
    operator_client.post(f"/group-tag-sets/{tag.tag_set_id}/", {"do": "delete"})
    assert not GroupTag.objects.filter(is_gone=False).exists()


def test_ticked_groups_or_all_that_fit_are_tagged(operator_client, tag):
    owner = rows.staff()
    tea, _milk = group(owner, name="Tea"), group(owner, name="Milk")
    path = "/group-tags/mark/"
    assert "Milk" in shown(operator_client, path)
    operator_client.post(path, {"pick": [tea.pk], "add": [tag.pk]})
    assert [mark.group for mark in GroupTagMark.objects.all()] == [tea]
    operator_client.post(path + "?text=Milk", {"everybody": "1", "add": [tag.pk]})
    assert GroupTagMark.objects.count() == 2
    assert "Milk" not in shown(operator_client, path, text="Tea")
    assert "Tea" in shown(operator_client, path, tag_id=tag.pk)
    answer = operator_client.post(path, {"add": [tag.pk]}, follow=True)
    assert len(said(answer)) == 1


def test_nobody_tags_groups_out_of_sight(client, operator_client, tag):
    group(rows.staff(), name="Far away")
    lead = build.operator(role=Role.LEAD, staff_userid="nobody")
    client.force_login(lead)
    assert client.get("/group-tags/mark/").status_code == 403
    assert "Far away" not in shown(client, "/groups/")


def test_a_group_segment_is_built_saved_changed_and_archived(operator_client, tag):
    chat = group(rows.staff(), name="Tea")
    GroupTagMark.objects.create(group=chat, tag=tag, at=NOW)
    assert "chat.tag" in shown(operator_client, "/group-segments/new/")
    rule = {"field": "chat.tag", "op": "any", "value": [tag.pk]}
    answer = operator_client.post(
        "/group-segments/preview/", json.dumps(rule), content_type="application/json"
    )
    assert (answer.json()["count"], answer.json()["sample"][0]["name"]) == (1, "Tea")
    form = {"name": "North", "description": "", "rule": json.dumps(rule), "version": 0}
    operator_client.post("/group-segments/new/", form)
    segment = GroupSegment.objects.get()
    assert "North" in shown(operator_client, "/group-segments/")
    page = f"/group-segments/{segment.pk}/"
    assert "Tea" in shown(operator_client, page, group=chat.pk, q="Tea")
    changed = {**form, "version": 1, "rule": json.dumps({"not": rule})}
    operator_client.post(page + "edit/", changed)
    assert "v2" in shown(operator_client, page)
    again = operator_client.post(page + "edit/", changed)
    assert again.context["problem"]
    operator_client.post(page + "archive/")
    segment.refresh_from_db()
    assert segment.is_archived


def test_the_picker_offers_owners(operator_client):
    rows.staff(name="Wang")
    found = operator_client.get("/group-segments/choices/", {"field": "chat.owner", "q": "wa"})
    assert [choice["label"] for choice in found.json()["choices"]] == ["Wang"]
    assert operator_client.get("/group-segments/choices/", {"field": "stage"}).json() == {
        "choices": []
    }


@pytest.fixture
def skin(db):
    shelf = TagGroup.objects.create(name="肤质", kind="internal")
    Tag.objects.create(name="油皮", group=shelf, kind="internal")
    return shelf


def rule_form(skin, **more):
    return {
        "name": "Skin",
        "separators": "-",
        "part-0-name": "昵称",
        "part-1-name": "肤质",
        "part-1-group": skin.pk,
        "part-1-unknown": "review",
        "scope": "all",
        **more,
    }


def test_a_nickname_rule_is_tried_saved_put_in_force_and_decided(operator_client, skin):
    chat = group(rows.staff())
    for nickname in ("小雨-油皮", "Amy-敏感", "Bob"):
        member(chat, rows.contact(), group_nickname=nickname)
    tried = operator_client.post(
        "/nickname-rules/new/", rule_form(skin, do="try", lines="小雪-油皮\n小雪")
    )
    assert (tried.context["trial"].parsed, len(tried.context["tested"])) == (2, 2)
    assert not NicknameRule.objects.exists()
    operator_client.post("/nickname-rules/new/", rule_form(skin, do="save"))
    rule = NicknameRule.objects.get()
    page = f"/nickname-rules/{rule.pk}/"
    assert "Skin" in shown(operator_client, "/nickname-rules/")
    operator_client.post(page + "state/", {"state": "active"})
    read_due(clock=lambda: NOW, until=NOW.replace(year=2100))
    text = shown(operator_client, page)
    assert "敏感" in text
    assert "Bob" in text
    part = rule.parts.get(name="肤质")
    operator_client.post(page + "decide/", {"part": part.pk, "text": "敏感", "means": "new"})
    read_due(clock=lambda: NOW, until=NOW.replace(year=2100))
    assert skin.tags.filter(name="敏感").exists()
    assert operator_client.get(page).context["unknown"] == []
    again = operator_client.post(page + "edit/", rule_form(skin, separators="a", do="save"))
    assert again.context["problem_field"] == "separators"
    operator_client.post(page + "state/", {"state": "ended"})
    assert operator_client.get(page).status_code == 404


def test_a_hand_over_is_chosen_checked_and_ordered(operator_client):
    owner, receiver = rows.staff(name="Wang"), rows.staff(name="Li")
    chat = group(owner, name="Tea")
    assert "Wang" in shown(operator_client, "/group-handovers/new/")
    path = f"/group-handovers/new/?owner={owner.pk}"
    assert "Tea" in shown(operator_client, path)
    chosen = {"pick": [chat.pk], "new_owner": receiver.pk}
    checked = operator_client.post(path, {**chosen, "do": "check"})
    assert checked.context["check"].may_start
    assert not GroupHandover.objects.exists()
    assert operator_client.post(path, {"new_owner": receiver.pk}).context["problem"]
    operator_client.post(path, {**chosen, "do": "start"})
    handover = GroupHandover.objects.get()
    page = f"/group-handovers/{handover.pk}/"
    assert "Tea" in shown(operator_client, page)
    assert "hx-get" in shown(operator_client, page + "now/")
    assert "Wang" in shown(operator_client, "/group-handovers/")
    lines = b"".join(operator_client.get(page + "groups.csv").streaming_content).decode()
    assert chat.chat_id in lines
    operator_client.post(page + "cancel/")
    handover.refresh_from_db()
    assert handover.state == "cancelled"
    assert "hx-get" not in shown(operator_client, page + "now/")
