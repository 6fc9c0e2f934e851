"""The pages of customer groups: who sees which, members now and before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from groups.models import GroupChat, GroupMember
from groups.services.group_facts import refresh_group_facts
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def group(owner, **overrides):
    number = GroupChat.objects.count() + 1
    return GroupChat.objects.create(
        **{
            "chat_id": f"wr{number}",
            "name": f"Group {number}",
            "owner": owner,
            "owner_userid": owner.userid,
            "created_at": NOW - timedelta(days=number),
            **overrides,
        }
    )


def member(chat, person=None, **overrides):
    number = GroupMember.objects.count() + 1
    made = GroupMember.objects.create(
        **{
            "group": chat,
            "member_id": person.external_userid if person else f"wmOther{number}",
            "kind": 2,
            "contact": person,
            "name": person.name if person else f"Stranger {number}",
            "joined_at": NOW,
            "join_scene": 3,
            **overrides,
        }
    )
    refresh_group_facts([chat.pk])
    return made


def names(client, **query):
    return [chat.name for chat in client.get("/groups/", query).context["window"].rows]


def test_groups_are_listed_with_their_sizes_and_filtered(operator_client):
    owner, other = rows.staff(), rows.staff()
    tea = group(owner, name="茶友群")
    group(other, name="Old", dismissed_at=NOW)
    member(tea, rows.contact())
    member(tea)
    member(tea, left_at=NOW)
    (first, _second) = operator_client.get("/groups/").context["window"].rows
    assert (first.size, first.customers) == (2, 1)
    assert names(operator_client, text="茶友") == ["茶友群"]
    assert names(operator_client, owner_id=other.pk) == ["Old"]
    assert names(operator_client, state="active") == ["茶友群"]


def test_the_list_asks_the_same_number_of_questions_for_one_group_and_many(
    operator_client, django_assert_max_num_queries
):
    owner = rows.staff()
    for _number in range(20):
        member(group(owner))
    with django_assert_max_num_queries(9):
        operator_client.get("/groups/")


def test_a_group_shows_who_is_in_it_and_who_left(operator_client):
    clerk = rows.staff(name="王小明")
    chat = group(clerk)
    member(chat, rows.contact(name="Amy"), invitor_userid=clerk.userid)
    member(chat, rows.contact(name="Gone"), left_at=NOW, quit_scene=0)
    now = operator_client.get(f"/groups/{chat.pk}/").content.decode()
    assert "Amy" in now
    assert "王小明" in now
    assert "Gone" not in now
    before = operator_client.get(f"/groups/{chat.pk}/", {"members": "before"}).content.decode()
    assert "Gone" in before
    assert "Amy" not in before


def test_service_staff_sees_own_groups_and_links_only_to_own_customers(client):
    clerk = rows.staff(userid="clerk")
    mine, theirs = group(clerk), group(rows.staff())
    own, foreign = rows.contact(name="Own"), rows.contact(name="Foreign")
    rows.follow(own, clerk)
    for person in (own, foreign):
        member(mine, person)
    client.force_login(build.operator(role=Role.STAFF, staff_userid="clerk"))
    assert names(client) == [mine.name]
    assert client.get(f"/groups/{theirs.pk}/").status_code == 404
    page = client.get(f"/groups/{mine.pk}/").content.decode()
    assert f'href="/contacts/{own.pk}/"' in page
    assert f'href="/contacts/{foreign.pk}/"' not in page
