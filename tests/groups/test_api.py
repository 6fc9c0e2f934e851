"""Groups, their members and figures over the REST API, in the scope of who asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from groups.models import FigureDay, OwnerDay
from scrm.console.models import Role
from scrm.segments.days import business_day
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.groups.test_pages import day, group, in_groups, member

pytestmark = pytest.mark.django_db

API = "/api/v1"


def results(client, path, **query):
    answer = client.get(f"{API}/{path}/", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_groups_come_newest_first_with_their_facts(operator_client):
    owner = rows.staff()
    chat = group(owner, name="Tea")
    group(owner, name="Old", dismissed_at=NOW)
    member(chat, rows.contact())
    member(chat, kind=1)
    first, second = results(operator_client, "groups")
    assert (first["name"], first["size"], first["staff"], first["customers"]) == ("Tea", 2, 1, 1)
    assert (first["health"], second["health"]) == ("unknown", "")
    assert first["last_joined_at"]


def test_groups_are_filtered(operator_client):
    owner, other = rows.staff(), rows.staff()
    tea = group(owner, name="茶友群", created_at=NOW)
    group(other, name="Old", dismissed_at=NOW, created_at=NOW - timedelta(days=400))
    member(tea)
    for query in (
        {"name": "茶友"},
        {"owner": owner.pk},
        {"dismissed": "false"},
        {"size_min": 1},
        {"created_from": "2026-01-01"},
        {"health": "unknown"},
    ):
        assert [g["name"] for g in results(operator_client, "groups", **query)] == ["茶友群"], query
    assert [g["name"] for g in results(operator_client, "groups", size_max=0)] == ["Old"]


@pytest.mark.parametrize(
    "query", ["owner=x", "size_min=-1", "created_from=0000", "health=dead", "owner=99999999999"]
)
def test_a_filter_that_cannot_be_answers_400(operator_client, query):
    assert operator_client.get(f"{API}/groups/?{query}").status_code == 400


@pytest.mark.parametrize("day_asked", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_bound_nothing(operator_client, day_asked):
    group(rows.staff())
    for name in ("created_from", "created_to"):
        answer = operator_client.get(f"{API}/groups/?{name}={day_asked}")
        assert answer.status_code == 200


def test_members_are_told_by_kind_now_and_before(operator_client):
    chat = group(rows.staff())
    amy = rows.contact(name="Amy")
    member(chat, amy)
    member(chat, name="Stranger")
    member(chat, name="Gone", left_at=NOW)
    path = f"groups/{chat.pk}/members"
    assert len(results(operator_client, path)) == 2
    (friend,) = results(operator_client, path, kind="customer")
    assert friend["contact"] == amy.pk
    assert [m["name"] for m in results(operator_client, path, left="true")] == ["Gone"]
    assert operator_client.get(f"{API}/{path}/?kind=ghost").status_code == 400


def test_the_days_of_a_group_come_latest_first(operator_client):
    chat = group(rows.staff())
    day(chat, 3)
    day(chat, 1, 2, days_ago=1)
    found = operator_client.get(f"{API}/groups/{chat.pk}/days/").json()
    assert [(row["joins"], row["leaves"]) for row in found] == [(3, 0), (1, 2)]


def test_customers_in_several_groups_come_page_by_page(operator_client):
    owner = rows.staff()
    one, two = group(owner), group(owner)
    for _number in range(3):
        in_groups(rows.contact(), one, two)
    in_groups(rows.contact(), one)
    first = operator_client.get(f"{API}/group-duplicates/?page_size=2").json()
    second = operator_client.get(first["next"]).json()
    assert [len(first["results"]), len(second["results"])] == [2, 1]
    assert first["results"][0]["groups"] == [one.pk, two.pk]
    assert results(operator_client, "group-duplicates", fewest=3) == []
    assert operator_client.get(f"{API}/group-duplicates/?cursor=cD14").status_code == 404


def test_the_statistics_tell_our_count_and_wecoms(operator_client):
    owner = rows.staff()
    day(group(owner), 5, 1)
    yesterday = business_day(timezone.now()) - timedelta(days=1)
    FigureDay.objects.create(day=yesterday, read_at=NOW)
    figures = dict.fromkeys(
        ("new_groups", "groups", "active_groups", "new_members", "active_members"), 1
    )
    OwnerDay.objects.create(owner=owner, day=yesterday, members=8, messages=3, **figures)
    before, today = operator_client.get(f"{API}/group-statistics/?days=2").json()
    assert (before["told"]["members"], before["told"]["messages"]) == (8, 3)
    assert (today["joins"], today["leaves"], today["told"]) == (5, 1, None)
    assert operator_client.get(f"{API}/group-statistics/?days=999").status_code == 400


def test_who_sees_own_groups_alone_gets_those_and_own_customers(client):
    clerk = rows.staff(userid="clerk")
    mine, theirs = group(clerk), group(rows.staff())
    own, foreign = rows.contact(), rows.contact()
    rows.follow(own, clerk)
    for person in (own, foreign):
        member(mine, person)
        in_groups(person, mine, theirs)
    day(theirs, 9)
    client.force_login(build.operator(role=Role.LEAD, staff_userid="clerk"))
    assert [found["id"] for found in results(client, "groups")] == [mine.pk]
    assert client.get(f"{API}/groups/{theirs.pk}/members/").status_code == 404
    contacts = {found["contact"] for found in results(client, f"groups/{mine.pk}/members")}
    assert contacts == {own.pk, None}
    (twice,) = results(client, "group-duplicates")
    assert (twice["id"], twice["groups"], twice["group_count"]) == (own.pk, [mine.pk], 2)
    assert client.get(f"{API}/group-statistics/?days=1").json()[0]["joins"] == 0
