"""The pages of customer groups: who sees which, members now and before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import ContactFacts, Department
from contacts.services.facts import refresh_facts
from groups.models import (
    FigureDay,
    GroupChat,
    GroupDay,
    GroupMember,
    GroupTag,
    GroupTagMark,
    GroupTagSet,
    OwnerDay,
)
from groups.selectors.group_list import SORTS
from groups.services.group_facts import refresh_group_facts
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.segments.days import business_day
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def group(owner, **overrides):
    number = GroupChat.objects.count() + 1
    made = GroupChat.objects.create(
        **{
            "chat_id": f"wr{number}",
            "name": f"Group {number}",
            "owner": owner,
            "owner_userid": owner.userid,
            "created_at": NOW - timedelta(days=number),
            **overrides,
        }
    )
    refresh_group_facts([made.pk])
    return made


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
    assert names(operator_client, owner=other.userid.upper()) == ["Old"]
    assert names(operator_client, state="active") == ["茶友群"]


def test_the_list_asks_the_same_number_of_questions_for_one_group_and_many(
    operator_client, django_assert_max_num_queries
):
    owner = rows.staff()
    for _number in range(20):
        member(group(owner))
    with django_assert_max_num_queries(12):
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


def day(chat, joins=0, leaves=0, *, days_ago=0):
    return GroupDay.objects.create(
        group=chat,
        day=business_day(timezone.now()) - timedelta(days=days_ago),
        joins=joins,
        leaves=leaves,
    )


def test_the_list_tells_joins_and_leaves_of_today_and_the_week(operator_client):
    chat = group(rows.staff())
    day(chat, 2, 1)
    day(chat, 3, days_ago=6)
    day(chat, 9, days_ago=7)
    ((_group, moves),) = operator_client.get("/groups/").context["rows"]
    assert (moves.today_joins, moves.today_leaves) == (2, 1)
    assert (moves.week_joins, moves.week_leaves) == (5, 1)


def test_groups_are_sorted_by_size_and_by_the_joins_of_the_week(operator_client):
    owner = rows.staff()
    small, large, old = (group(owner, name=name) for name in ("small", "large", "old"))
    for chat, people in ((small, 1), (large, 3), (old, 2)):
        for _person in range(people):
            member(chat)
    day(small, 5)
    day(old, 9, days_ago=30)
    assert names(operator_client, sort="largest") == ["large", "old", "small"]
    assert names(operator_client, sort="smallest") == ["small", "old", "large"]
    assert names(operator_client, sort="joins")[0] == "small"


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_reaches_every_group_once_page_by_page(operator_client, sort):
    owner = rows.staff()
    for number in range(55):
        chat = group(owner)
        for _person in range(number % 3):
            member(chat)
    seen, after = [], ""
    while True:
        page = operator_client.get("/groups/", {"sort": sort, "after": after}).context["window"]
        seen += [chat.pk for chat in page.rows]
        after = page.next_cursor
        if not after:
            break
    assert len(seen) == len(set(seen)) == 55


def test_groups_are_filtered_by_size_age_status_and_department(operator_client):
    Department.objects.create(name="East", wecom_id=2, parent_wecom_id=1)
    east = rows.staff(department_wecom_ids=[2])
    chat = group(east, name="East", created_at=NOW - timedelta(days=400), status=1)
    group(rows.staff(), name="West", created_at=NOW)
    member(chat)
    department = Department.objects.get(name="East")
    for query in (
        {"size_from": 1},
        {"created_to": "2025-12-31"},
        {"state": "1"},
        {"department_id": department.pk},
    ):
        assert names(operator_client, **query) == ["East"], query
    assert names(operator_client, size_to=0) == ["West"]
    assert names(operator_client, created_from="2026-01-01") == ["West"]


def test_a_filter_that_finds_nothing_says_so(operator_client):
    group(rows.staff())
    page = operator_client.get("/groups/", {"text": "nowhere"})
    assert page.context["is_filtered"]
    assert "search_off" in page.content.decode()


def test_quiet_groups_are_those_nobody_joined_the_longest_first(operator_client):
    owner, now = rows.staff(), timezone.now()
    for name, days_ago in (("fresh", 3), ("weeks", 20), ("months", 70)):
        chat = group(owner, name=name, created_at=now - timedelta(days=100))
        member(chat, joined_at=now - timedelta(days=days_ago))
    group(owner, name="gone", created_at=now - timedelta(days=100), dismissed_at=now)

    def quiet(**query):
        page = operator_client.get("/groups/quiet/", query)
        return [chat.name for chat in page.context["window"].rows]

    assert quiet() == ["months", "weeks"]
    assert quiet(quiet_days=60) == ["months"]
    assert quiet(quiet_days=7) == ["months", "weeks"]
    assert quiet(health="quiet") == []


def test_the_export_holds_every_group_that_fits_and_is_logged(operator_client):
    owner = rows.staff(name="王小明")
    chat = group(owner, name="=cmd")
    member(chat, rows.contact())
    group(owner, name="other")
    answer = operator_client.post("/groups/export/?text=cmd")
    (header, line) = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert header.startswith("chat_id,")
    assert line.startswith(f"{chat.chat_id},'=cmd,王小明,")
    assert AuditEntry.objects.get().action == "group.export"


def test_members_are_searched_and_told_apart(operator_client):
    clerk = rows.staff(name="王小明")
    chat = group(clerk)
    member(chat, rows.contact(name="Amy"))
    member(
        chat,
        rows.contact(
            name="Lost", relation="lost", lost_at=NOW, lost_kind="unfriended", stage="lost"
        ),
    )
    member(chat, name="Stranger", group_nickname="小雨-油皮-初级")
    member(chat, name="Clerk", kind=1)

    def shown(**query):
        page = operator_client.get(f"/groups/{chat.pk}/", query)
        return sorted(person.name for person in page.context["window"].rows)

    assert shown(kind="customer") == ["Amy"]
    assert shown(kind="stranger") == ["Lost", "Stranger"]
    assert shown(kind="staff") == ["Clerk"]
    assert shown(text="油皮") == ["Stranger"]


def test_a_group_shows_its_days_and_its_history(operator_client):
    before, after = rows.staff(name="Before"), rows.staff(name="After")
    chat = group(after, created_at=timezone.now() - timedelta(days=3))
    day(chat, 4, 1)
    chat.events.create(kind="owner", at=NOW, before=before.userid, after=after.userid)
    page = operator_client.get(f"/groups/{chat.pk}/")
    assert page.context["by_day"].rows[-1][1:] == (4, 1)
    assert len(page.context["by_day"].rows) == 4
    assert "Before → After" in page.content.decode()
    answer = operator_client.get(f"/groups/{chat.pk}/days.csv")
    assert b",4,1" in b"".join(answer.streaming_content)


def in_groups(person, *chats):
    refresh_facts(contact_ids=[person.pk])
    ids = [chat.pk for chat in chats]
    ContactFacts.objects.filter(contact=person).update(group_ids=ids)


def test_customers_in_several_groups_are_listed_with_them(operator_client):
    owner = rows.staff(name="Owner")
    one, two, three = group(owner), group(owner), group(rows.staff())
    amy, ben, cat = (rows.contact(name=name) for name in ("Amy", "Ben", "Cat"))
    in_groups(amy, one, two)
    in_groups(ben, one, two, three)
    in_groups(cat, one)

    def found(**query):
        page = operator_client.get("/groups/duplicates/", query)
        return [row.contact.name for row in page.context["rows"]], page.context["taken_twice"]

    assert found() == (["Ben", "Amy"], 3)
    assert found(fewest=3) == (["Ben"], 2)
    assert found(group_id=three.pk) == (["Ben"], 2)
    assert found(text="Amy") == (["Amy"], 1)
    answer = operator_client.post("/groups/duplicates/export/")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 5


def test_a_clerks_group_figures_are_of_own_groups_alone(client):
    clerk = rows.staff(userid="lead")
    mine, theirs = group(clerk), group(rows.staff())
    day(mine, 1)
    day(theirs, 8)
    FigureDay.objects.create(day=business_day(timezone.now()), read_at=NOW)
    client.force_login(build.operator(role=Role.LEAD, staff_userid="lead"))
    page = client.get("/groups/statistics/")
    assert page.context["growth"].rows[-1][1] == 1
    listed = client.get("/groups/").context["rows"]
    assert [chat.pk for chat, _moves in listed] == [mine.pk]


def test_the_figures_of_the_last_day_stand_beside_the_day_before(operator_client):
    owner = rows.staff(name="王小明")
    today = business_day(timezone.now())
    for days_ago, members in ((1, 12), (2, 10)):
        told = today - timedelta(days=days_ago)
        FigureDay.objects.create(day=told, read_at=NOW)
        OwnerDay.objects.create(
            owner=owner,
            day=told,
            new_groups=0,
            groups=1,
            active_groups=1,
            new_members=2,
            members=members,
            active_members=3,
            messages=7,
        )
    page = operator_client.get("/groups/statistics/")
    figures = {str(f.label): (f.value, f.difference) for f in page.context["figures"]}
    assert figures["群成员"] == (12, 2)
    assert page.context["owners"].rows == [("王小明", 12)]
    answer = operator_client.get("/groups/statistics/group-talk.csv")
    assert len(b"".join(answer.streaming_content).decode().splitlines()) == 3


def test_the_figures_are_read_again_on_request(operator_client):
    yesterday = business_day(timezone.now()) - timedelta(days=1)
    FigureDay.objects.create(day=yesterday, read_at=NOW)
    assert operator_client.post("/groups/statistics/read/").status_code == 302
    assert FigureDay.objects.get().read_at is None
    assert AuditEntry.objects.get().action == "group.read_figures"


def test_an_error_of_the_reading_stands_on_the_page(operator_client):
    FigureDay.objects.create(day=business_day(timezone.now()), error="No right to statistics.")
    assert "No right to statistics." in operator_client.get("/groups/statistics/").content.decode()


def test_changes_of_groups_are_listed_and_announced(operator_client):
    chat = group(rows.staff(), name="Tea")
    chat.events.create(kind="dismissed", at=timezone.now())
    chat.events.create(kind="name", at=timezone.now(), before="Old", after="Tea")
    page = operator_client.get("/groups/changes/", {"kind": "dismissed"})
    assert [change.event.kind for change in page.context["rows"]] == ["dismissed"]
    assert operator_client.get("/groups/").context["recent"] == {"dismissed": 1}


PATHS = {
    "/groups/": 17,
    "/groups/quiet/": 17,
    "/groups/duplicates/": 9,
    "/groups/changes/": 7,
    "/groups/statistics/": 12,
}


@pytest.mark.parametrize(("path", "most"), PATHS.items())
def test_no_page_asks_more_for_many_groups(
    operator_client, django_assert_max_num_queries, path, most
):
    old = timezone.now() - timedelta(days=100)
    chats = [group(rows.staff(), created_at=old) for _number in range(20)]
    for number in range(20):
        person = rows.contact()
        member(chats[number], person, joined_at=old)
        in_groups(person, *chats[:3])
        chats[number].events.create(kind="owner", at=NOW, before="a", after="b")
        day(chats[number], 1)
    operator_client.get(path)
    with django_assert_max_num_queries(most):
        operator_client.get(path)


def test_groups_are_found_by_their_tags_which_stand_beside_them(operator_client):
    owner = rows.staff()
    tea = group(owner, name="Tea")
    group(owner, name="Other")
    tag = GroupTag.objects.create(tag_set=GroupTagSet.objects.create(name="City"), name="Hangzhou")
    GroupTagMark.objects.create(group=tea, tag=tag, at=NOW)
    assert names(operator_client, tag_id=tag.pk) == ["Tea"]
    assert "Hangzhou" in operator_client.get(f"/groups/{tea.pk}/").content.decode()
    answer = operator_client.post("/groups/export/")
    assert "Hangzhou" in b"".join(answer.streaming_content).decode()
