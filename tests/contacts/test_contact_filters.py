"""What the customer list can be asked for: page, API and segments mean the same by it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.http import QueryDict

from contacts.api.contact_filter import ContactFilter as ApiFilter
from contacts.models import ContactFacts, Department, FollowTag, Preference, Segment, Tag, TagGroup
from contacts.selectors.audiences import audience
from contacts.selectors.filter_rule import as_rule, inexpressible
from contacts.selectors.list_size import exact_size, heading_size
from contacts.selectors.visibility import visible_contacts
from contacts.selectors.wanted import Wanted, matching, named
from contacts.services.facts import rebuild_facts
from contacts.views.filter_form import WANTED, ContactFilter
from groups.models import GroupChat, GroupMember
from scrm.console.models import Role
from scrm.segments.days import business_day
from scrm.segments.fields import read_rule
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db

TODAY = business_day(NOW)


@pytest.fixture
def people(db):
    """Thirty customers who differ in everything that can be asked for."""
    drawn = random.Random(5)
    shelf = TagGroup.objects.create(name="Level", group_id="g")
    tags = [Tag.objects.create(tag_id=f"t{n}", group=shelf, name=f"T{n}") for n in range(4)]
    east = Department.objects.create(wecom_id=2, name="East", parent_wecom_id=1)
    Department.objects.create(wecom_id=3, name="Shop", parent_wecom_id=2)
    staff = [rows.staff(department_wecom_ids=[number]) for number in (2, 3, 9)]
    chat = GroupChat.objects.create(chat_id="c", name="Tea", created_at=NOW, owner_userid="x")
    everybody = []
    for number in range(30):
        is_lost = number % 7 == 0
        person = rows.contact(
            name=f"Customer {number}",
            gender=number % 3,
            kind=1 + number % 2,
            first_followed_at=NOW - timedelta(days=drawn.randrange(40)),
            relation="lost" if is_lost else "friend",
            lost_at=NOW if is_lost else None,
            stage="lost" if is_lost else drawn.choice(["new", "first", "repeat", "silent"]),
            lost_kind="unfriended" if is_lost else "",
        )
        ended = {"status": "by_contact", "ended_at": NOW} if is_lost else {}
        for member in drawn.sample(staff, 1 + number % 2):
            relation = rows.follow(
                person,
                member,
                add_way=drawn.choice([1, 4]),
                state=drawn.choice(["", "door", "card"]),
                **ended,
            )
            for tag in drawn.sample(tags, number % 4):
                FollowTag.objects.create(follow=relation, tag=tag)
        for _order in range(number % 4):
            rows.order(person, days_ago=drawn.randrange(30), amount_fen=drawn.randrange(1, 90_000))
        if number % 5 == 0:
            GroupMember.objects.create(
                group=chat, member_id=person.external_userid, contact=person, kind=2, joined_at=NOW
            )
        if number % 6 < 2:
            pause = NOW + timedelta(days=number - 15)
            Preference.objects.create(
                contact=person,
                is_do_not_contact=number % 6 == 0,
                pause_until=pause if number % 6 else None,
                updated_at=NOW,
            )
        everybody.append(person)
    rebuild_facts()
    return {"tags": tags, "staff": staff, "east": east, "chat": chat, "everybody": everybody}


def random_wanted(drawn, people):
    """A filter of one to four conditions."""
    tags = [tag.pk for tag in people["tags"]]
    offers = {
        "tag_id": lambda: tuple(drawn.sample(tags, 1 + drawn.randrange(2))),
        "staff_id": lambda: (drawn.choice(people["staff"]).pk,),
        "department_id": lambda: (people["east"].pk,),
        "group_id": lambda: (people["chat"].pk,),
        "channel": lambda: (drawn.choice(["door", "card"]),),
        "add_way": lambda: (drawn.choice([1, 4]),),
        "stage": lambda: tuple(drawn.sample(["new", "first", "repeat", "silent", "lost"], 2)),
        "relation": lambda: drawn.choice(["friend", "lost"]),
        "lost_kind": lambda: "unfriended",
        "gender": lambda: drawn.randrange(3),
        "kind": lambda: drawn.choice([1, 2]),
        "preference": lambda: drawn.choice(["nothing", "do_not_contact", "paused"]),
        "added_from": lambda: TODAY - timedelta(days=drawn.randrange(40)),
        "added_to": lambda: TODAY - timedelta(days=drawn.randrange(40)),
        "orders_min": lambda: drawn.randrange(4),
        "orders_max": lambda: drawn.randrange(4),
        "spend_min": lambda: drawn.randrange(90_000),
        "spend_max": lambda: drawn.randrange(90_000),
        "last_order_from": lambda: TODAY - timedelta(days=drawn.randrange(30)),
        "last_order_to": lambda: TODAY - timedelta(days=drawn.randrange(30)),
    }
    asked = {name: offers[name]() for name in drawn.sample(list(offers), 1 + drawn.randrange(4))}
    return Wanted(**asked, tag_mode=drawn.choice(["any", "all", "none"]))


def found(wanted):
    everybody = visible_contacts(build.operator())
    return set(matching(everybody, wanted, now=NOW).values_list("pk", flat=True))


def test_a_filter_and_the_segment_made_of_it_pick_the_same_customers(people):
    drawn, hits = random.Random(11), 0
    for _case in range(300):
        wanted = random_wanted(drawn, people)
        picked = audience(read_rule(as_rule(wanted)), NOW).values_list("pk", flat=True)
        assert found(wanted) == set(picked), wanted
        hits += bool(picked)
    assert hits > 100


def test_every_condition_is_one_that_a_segment_knows_but_for_the_search_by_text():
    assert inexpressible(Wanted(text="x", channel=("door",))) == ["text"]


def test_the_page_and_the_api_ask_by_the_same_names():
    form = ContactFilter(QueryDict(), operator=build.operator())
    assert set(form.fields) - {"sort"} == set(WANTED)
    assert set(WANTED) <= set(ApiFilter.base_filters)


@pytest.mark.parametrize(
    "query",
    [
        "text=Customer 1",
        "tag_mode=all&tag_id={tags}",
        "tag_mode=none&tag_id={tags}",
        "stage=new,silent",
        "gender=2&kind=1",
        "relation=lost&lost_kind=unfriended",
        "preference=do_not_contact",
        "channel=door,card",
        "add_way=4",
        "department_id={east}",
        "group_id={chat}",
        "orders_min=1&orders_max=2",
        "spend_min=20000",
        "last_order_from=2026-02-20&last_order_to=2026-03-01",
        "added_from=2026-02-20",
    ],
)
def test_the_api_finds_whom_the_page_finds(operator_client, people, query):
    tags = ",".join(str(tag.pk) for tag in people["tags"][:2])
    query = query.format(tags=tags, east=people["east"].pk, chat=people["chat"].pk)
    told = operator_client.get(f"/api/v1/contacts/?{query}").json()["results"]
    # The page repeats a name for each value, and takes yuan.
    pairs = [
        pair.split("=") for pair in query.replace("spend_min=20000", "spend_min=200").split("&")
    ]
    page = "&".join(f"{name}={each}" for name, values in pairs for each in values.split(","))
    shown = operator_client.get(f"/contacts/?{page}").context["rows"]
    assert {each["id"] for each in told} == {row.contact.pk for row in shown}
    assert 0 < len(told) < 30


@pytest.mark.parametrize(
    "query",
    ["tag_id=x", "stage=new,x", "gender=7", "added_from=9999-99-99", "orders_min=-1", "kind=0"],
)
def test_the_api_refuses_what_it_cannot_read(operator_client, query):
    answer = operator_client.get(f"/api/v1/contacts/?{query}")
    assert answer.status_code == 400
    assert set(answer.json()) == {query.partition("=")[0]}


def test_odd_input_is_an_error_at_its_field_and_asks_for_nothing(operator_client, people):
    odd = "tag_id=999999&staff_id=x&orders_min=-3&spend_min=much&added_to=soon&gender=9&stage=x"
    page = operator_client.get(f"/contacts/?{odd}")
    assert set(page.context["form"].errors) == {
        *("tag_id", "staff_id", "orders_min", "spend_min", "added_to", "gender", "stage")
    }
    assert len(page.context["rows"]) == 30
    assert page.content.decode().count('class="error"') == 7
    assert "<details open>" in page.content.decode()


def test_what_is_asked_for_stands_in_chips_that_take_it_back(operator_client, people):
    tag = people["tags"][1]
    query = f"text=Customer&tag_id={tag.pk}&tag_mode=none&orders_max=0&sort=oldest"
    chips = operator_client.get(f"/contacts/?{query}").context["chips"]
    assert [chip.label.partition(": ")[2] for chip in chips] == ["Customer", "T1 (均不包含)", "0"]
    assert chips[1].without == "text=Customer&orders_max=0&sort=oldest"


def test_no_more_than_zero_orders_is_a_condition(people):
    assert found(Wanted(orders_max=0)) == set(
        ContactFacts.objects.filter(order_count=0).values_list("pk", flat=True)
    )


def test_many_hits_of_a_text_are_found_on_the_way(people):
    everybody = visible_contacts(build.operator())
    expected = found(Wanted(text="omer 1"))
    on_the_way = everybody.filter(named("omer 1", few=3))
    assert set(on_the_way.values_list("pk", flat=True)) == expected
    assert len(expected) == 11


def test_a_large_list_is_estimated_and_a_small_one_counted(people):
    everybody = visible_contacts(build.operator())
    assert str(heading_size(everybody)) == "30"
    assert not heading_size(everybody, above=10).is_exact
    assert "约" in str(heading_size(everybody, above=10))


def test_the_count_on_request_is_exact_or_given_up(operator_client, people):
    page = operator_client.get("/contacts/count/?relation=lost")
    assert "共 5 位客户" in page.content.decode()
    slow = visible_contacts(build.operator()).extra(where=["pg_sleep(0.05) IS NOT NULL"])
    assert exact_size(slow, within=20) is None
    assert exact_size(slow.filter(gender=9)).number == 0


def test_pickers_offer_each_operator_what_is_in_scope(client, people):
    client.force_login(build.operator(role=Role.STAFF, staff_userid=people["staff"][0].userid))

    def offered(field, words=""):
        choices = client.get(f"/contacts/choices/?field={field}&q={words}").json()["choices"]
        return [choice["label"] for choice in choices]

    assert offered("staff_id") == [people["staff"][0].name]
    assert offered("department_id") == ["East"]
    assert offered("group_id") == []
    assert offered("tag_id", "t2") == ["T2"]
    assert offered("nothing") == []
    other = people["staff"][1].pk
    page = client.get(f"/contacts/?staff_id={other}")
    assert "staff_id" in page.context["form"].errors


def test_a_filter_becomes_a_segment_and_leads_to_a_broadcast(operator_client, people):
    answer = operator_client.post("/contacts/segment/?stage=repeat&orders_min=1", {"name": "Fans"})
    segment = Segment.objects.get()
    assert answer.url == f"/segments/{segment.pk}/"
    assert segment.rule == {
        "all": [
            {"field": "stage", "op": "in", "value": ["repeat"]},
            {"field": "order.lines", "op": ">=", "value": 1},
        ]
    }
    answer = operator_client.post(
        "/contacts/segment/?stage=new", {"name": "New ones", "then": "broadcast"}
    )
    assert answer.url == f"/broadcasts/new/?segment={Segment.objects.latest('pk').pk}"


def test_a_search_by_text_is_refused_as_a_segment_by_name(operator_client, people):
    answer = operator_client.post("/contacts/segment/?text=Amy", {"name": "Amys"}, follow=True)
    assert "人群不支持这些条件：名称、备注、手机尾号" in answer.content.decode()
    assert not Segment.objects.exists()
