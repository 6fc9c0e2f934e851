"""The customer list: who is found, in which order, seen by whom, and what leaves as CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from contacts.models import Department, FollowTag, Tag, TagGroup
from contacts.services.facts import refresh_facts
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def customer(name, *members, tags=(), **overrides):
    """A customer with facts, friend of these staff, carrying these tags."""
    remark = overrides.pop("remark", "")
    person = rows.contact(name=name, **overrides)
    for member in members:
        relation = rows.follow(person, member, remark=remark)
        for tag in tags:
            FollowTag.objects.create(follow=relation, tag=tag)
    refresh_facts(contact_ids=[person.pk])
    return person


@pytest.fixture
def vip():
    group = TagGroup.objects.create(name="Level", group_id="g1")
    return Tag.objects.create(tag_id="t1", group=group, name="VIP")


def names(client, **query):
    return [row.contact.name for row in client.get("/contacts/", query).context["rows"]]


def test_customers_are_found_by_name_remark_and_end_of_phone(operator_client):
    wang = rows.staff()
    customer("小雨Amy", wang, phone="13800004321")
    customer("Bob", wang, remark="三楼的王阿姨")
    assert names(operator_client, text="小雨") == ["小雨Amy"]
    assert names(operator_client, text="amy") == ["小雨Amy"]
    assert names(operator_client, text="王阿姨") == ["Bob"]
    assert names(operator_client, text="4321") == ["小雨Amy"]
    assert names(operator_client, text="100%_") == []


def test_filters_narrow_the_list(operator_client, vip):
    shop = Department.objects.create(wecom_id=7, name="Shop")
    wang = rows.staff(department_wecom_ids=[7])
    old = customer("Old", wang, first_followed_at=NOW - timedelta(days=90), stage="repeat")
    customer("Vip", rows.staff(), tags=[vip])
    assert names(operator_client, tag_id=vip.pk) == ["Vip"]
    assert names(operator_client, staff_id=wang.pk) == ["Old"]
    assert names(operator_client, department_id=shop.pk) == ["Old"]
    assert names(operator_client, stage="repeat") == ["Old"]
    assert names(operator_client, relation="lost") == []
    assert names(operator_client, added_to=str(old.first_followed_at.date())) == ["Old"]
    assert names(operator_client, tag_id="nonsense", stage="x", added_from="y") == ["Vip", "Old"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", ["New", "Rich", "Often"]),
        ("oldest", ["Often", "Rich", "New"]),
        ("spend", ["Rich", "Often", "New"]),
        ("orders", ["Often", "Rich", "New"]),
        ("last_order", ["Often", "Rich", "New"]),
    ],
)
def test_the_list_can_be_sorted(operator_client, sort, expected):
    wang = rows.staff()
    often = customer("Often", wang, first_followed_at=NOW - timedelta(days=30))
    rich = customer("Rich", wang, first_followed_at=NOW - timedelta(days=20))
    customer("New", wang)
    rows.order(often, days_ago=1)
    rows.order(often, days_ago=5)
    rows.order(rich, days_ago=9, amount_fen=90_000)
    refresh_facts(contact_ids=[often.pk, rich.pk])
    assert names(operator_client, sort=sort) == expected


def test_a_row_folds_its_tags_and_shows_net_spend(operator_client, vip):
    more = [Tag.objects.create(tag_id=f"m{n}", group=vip.group, name=f"T{n}") for n in range(4)]
    person = customer("Amy", rows.staff(name="王小明"), tags=[vip, *more])
    rows.order(person, amount_fen=123_450, refunded_fen=450)
    refresh_facts(contact_ids=[person.pk])
    page = operator_client.get("/contacts/").content.decode()
    for shown in ("VIP", "+2", "¥1,230.00", "王小明", "@微信"):
        assert shown in page


def test_the_list_asks_the_same_number_of_questions_for_one_customer_and_fifty(
    operator_client, vip, django_assert_max_num_queries
):
    members = [rows.staff() for _number in range(3)]
    for number in range(55):
        customer(f"C{number}", *members, tags=[vip])
    with django_assert_max_num_queries(16):
        page = operator_client.get("/contacts/")
    assert len(page.context["rows"]) == 50
    following = {"after": page.context["window"].next_cursor}
    assert len(operator_client.get("/contacts/", following).context["rows"]) == 5


def test_service_staff_sees_own_customers_and_a_lead_those_of_the_departments_below(client):
    Department.objects.create(wecom_id=1, name="East")
    Department.objects.create(wecom_id=2, name="Shop", parent_wecom_id=1)
    lead = rows.staff(department_wecom_ids=[1])
    clerk = rows.staff(userid="Clerk", department_wecom_ids=[2])
    elsewhere = rows.staff(department_wecom_ids=[9])
    customer("Hers", clerk)
    customer("Theirs", elsewhere)
    client.force_login(build.operator(role=Role.STAFF, staff_userid="clerk"))
    assert names(client) == ["Hers"]
    client.force_login(build.operator(role=Role.LEAD, staff_userid=lead.userid))
    assert names(client) == ["Hers"]
    client.force_login(build.operator(role=Role.STAFF, staff_userid=""))
    assert names(client) == []


def exported(client, **query):
    response = client.post(f"/contacts/export/?{'&'.join(f'{k}={v}' for k, v in query.items())}")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_an_export_holds_the_filtered_customers_and_is_on_record(client, vip):
    client.cookies["django_language"] = "en"
    operator = build.operator()
    client.force_login(operator)
    customer("=cmd|'/c calc'!A0", rows.staff(), tags=[vip], phone="13812345678")
    customer("Other", rows.staff())
    (line,) = exported(client, tag_id=vip.pk)
    assert line["Name"] == "'=cmd|'/c calc'!A0"
    assert line["Phone"] == "13812345678"
    assert line["Tags"] == "VIP"
    entry = AuditEntry.objects.get()
    assert entry.action == "contact.export"
    assert (entry.details["filter"], entry.details["customers"]) == (f"tag_id={vip.pk}", 1)


def test_an_export_masks_phones_unless_the_role_may_see_them(client):
    customer("Amy", rows.staff(), phone="13812345678")
    client.cookies["django_language"] = "en"
    client.force_login(build.operator(role=Role.OPERATOR))
    (line,) = exported(client)
    assert line["Phone"] == "138****5678"


@pytest.mark.parametrize("role", [Role.LEAD, Role.STAFF, Role.ANALYST])
def test_not_every_role_may_export(client, role):
    client.force_login(build.operator(role=role))
    assert client.post("/contacts/export/").status_code == 403


def test_an_export_is_asked_for_by_post_only(operator_client):
    assert operator_client.get("/contacts/export/").status_code == 405
