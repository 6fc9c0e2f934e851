"""Group codes: made at WeCom, counted by who comes by them, changed, read back, deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import CodePicture
from groups.models import GroupChat, GroupMember, JoinWay
from groups.selectors.audiences import chats_of, read_group_rule
from groups.selectors.join_ways import joins_of
from groups.services.join_way_codes import carry_out
from groups.services.join_ways import (
    JoinWayDraft,
    change_join_way,
    create_join_way,
    delete_join_way,
    read_again,
)
from scrm.errors import InvalidInput
from tests.contacts import rows as contact_rows
from tests.contacts.rows import NOW
from tests.groups import rows


@pytest.fixture
def rooms(corp, db):
    """Two groups, here and at WeCom."""
    corp.state.add_staff("alice", name="Alice")
    ids = []
    for number in (1, 2):
        chat_id = corp.state.add_group(name=f"Room {number}", owner="alice", members=[])
        ids.append(str(getattr(chat_id, "chat_id", chat_id)))
    alice = contact_rows.staff(userid="alice")
    return [
        rows.group(alice, chat_id=chat_id, name=f"Room {n}") for n, chat_id in enumerate(ids, 1)
    ]


def make(rooms, operator, **more):
    given = {"name": "Poster", "group_ids": [room.pk for room in rooms], **more}
    return create_join_way(draft=JoinWayDraft(**given), operator=operator, now=NOW)


def held(corp, way):
    return corp.state.join_ways[way.config_id]


def test_a_code_is_made_with_its_groups_state_and_picture(corp, rooms, operator):
    way = make(rooms, operator, room_name="Tea", room_number=3)
    assert (way.status, way.problem) == ("live", "")
    there = held(corp, way)
    assert set(there.chat_id_list) == {room.chat_id for room in rooms}
    assert (there.state, there.room_base_name, there.room_base_id) == (way.state, "Tea", 3)
    assert way.address == there.qr_code


def test_who_comes_by_a_code_is_counted_in_its_groups(rooms, operator):
    way, other = make(rooms, operator), make(rooms[:1], operator, name="Flyer")
    joined = {"joined_at": NOW, "join_scene": 3}
    rows.member(rooms[0], state=way.state, **joined)
    rows.member(rooms[1], state=way.state, **joined, left_at=NOW)
    rows.member(rooms[1], state=way.state, joined_at=NOW - timedelta(days=2))
    rows.member(rooms[1], **joined)
    joins = joins_of([way, other], operator, now=NOW)
    assert (joins[way.pk].today, joins[way.pk].total, joins[way.pk].still) == (2, 3, 2)
    assert joins[other.pk].total == 0
    rule = read_group_rule({"field": "chat.join_way", "op": "any", "value": [way.state]})
    assert set(chats_of(rule, NOW).values_list("pk", flat=True)) == {room.pk for room in rooms}
    GroupMember.objects.filter(group=rooms[0]).delete()
    assert [chat.pk for chat in chats_of(rule, NOW)] == [rooms[1].pk]


def test_a_lost_answer_is_asked_for_again_and_a_refusal_is_told(corp, rooms, operator):
    corp.state.faults.add("externalcontact/groupchat/add_join_way", "drop_after", count=1)
    way = make(rooms, operator)
    assert way.status == "making"
    assert way.problem
    assert carry_out(now=NOW) == 0
    assert carry_out(now=NOW + timedelta(hours=1)) == 1
    way.refresh_from_db()
    assert (way.status, way.problem) == ("live", "")


def test_a_change_reaches_wecom_and_keeps_the_code(corp, rooms, operator):
    way = make(rooms, operator)
    draft = JoinWayDraft(name="Poster 2", group_ids=[rooms[1].pk], opens_rooms=False)
    again = change_join_way(way_id=way.pk, draft=draft, operator=operator, now=NOW)
    assert again.config_id == way.config_id
    assert held(corp, way).chat_id_list == [rooms[1].chat_id]
    assert held(corp, way).auto_create_room == 0
    assert again.is_written


def test_a_group_that_wecom_opened_is_taken_over_instead_of_thrown_out(corp, rooms, operator):
    way = make(rooms[:1], operator)
    held(corp, way).chat_id_list.append(rooms[1].chat_id)
    assert read_again(way_id=way.pk, now=NOW) == 1
    assert set(way.groups.all()) == set(rooms)


def test_a_deleted_code_is_gone_at_wecom_and_its_joins_stay_counted(corp, rooms, operator):
    way = make(rooms, operator)
    rows.member(rooms[0], state=way.state, joined_at=NOW)
    for _twice in range(2):
        delete_join_way(way_id=way.pk, operator=operator, now=NOW)
    assert way.config_id not in corp.state.join_ways
    assert JoinWay.objects.get().status == "deleted"
    assert joins_of([way], operator, now=NOW)[way.pk].total == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"group_ids": []}, "groups"),
        ({"room_name": "x" * 41}, "room_name"),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused(rooms, operator, wrong, field):
    with pytest.raises(InvalidInput) as refused:
        make(rooms, operator, **wrong)
    assert refused.value.field == field
    assert not JoinWay.objects.exists()


def test_a_code_leads_into_five_groups_at_most(rooms, operator):
    more = [rows.group(rooms[0].owner, chat_id=f"more-{number}") for number in range(4)]
    with pytest.raises(InvalidInput) as refused:
        make([*rooms, *more], operator)
    assert refused.value.field == "groups"


def test_the_pages_make_show_and_delete_a_code(rooms, operator_client):
    given = {"name": "海报", "groups": [rooms[0].pk], "opens_rooms": "on", "room_number": "1"}
    made = operator_client.post("/join-ways/new/", given, follow=True)
    way = JoinWay.objects.get()
    page = made.content.decode()
    assert "海报" in page
    assert f"/join-ways/{way.pk}/picture/" in page
    picture = operator_client.get(f"/join-ways/{way.pk}/picture/?save")
    assert picture.headers["Content-Type"] == "image/png"
    assert "%E6%B5%B7%E6%8A%A5.png" in picture.headers["Content-Disposition"]
    operator_client.get(f"/join-ways/{way.pk}/picture/")
    assert CodePicture.objects.count() == 1
    assert "海报" in operator_client.get("/join-ways/").content.decode()
    assert "Room 1" in operator_client.get(f"/join-ways/{way.pk}/edit/").content.decode()
    again = operator_client.post("/join-ways/new/", {"name": "空", "room_number": "1"})
    assert "请选择" in again.content.decode()
    operator_client.post(f"/join-ways/{way.pk}/delete/")
    assert operator_client.get(f"/join-ways/{way.pk}/picture/").status_code == 404


def test_a_picture_that_wecom_does_not_give_is_said_and_asked_for_again(rooms, operator_client):
    operator_client.post(
        "/join-ways/new/", {"name": "x", "groups": [rooms[0].pk], "room_number": "1"}
    )
    JoinWay.objects.update(address="https://example.com/code.png")
    way = JoinWay.objects.get()
    assert operator_client.get(f"/join-ways/{way.pk}/picture/").status_code == 503
    assert not CodePicture.objects.exists()


def test_programs_make_and_count_codes(rooms, operator_client):
    given = {"name": "API", "groups": [room.pk for room in rooms]}
    made = operator_client.post("/api/v1/join-ways/", given, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["status"] == "live"
    key = made.json()["id"]
    rows.member(rooms[0], state=made.json()["state"], joined_at=NOW)
    assert operator_client.get(f"/api/v1/join-ways/{key}/joins/").json()["total"] == 1
    wrong = operator_client.post(
        "/api/v1/join-ways/", {"name": "", "groups": []}, content_type="application/json"
    )
    assert wrong.status_code == 400
    assert operator_client.delete(f"/api/v1/join-ways/{key}/").status_code == 204
    assert GroupChat.objects.count() == 2
