"""The facts that segments read are the truth in another shape."""

from __future__ import annotations

from hashlib import md5

import pytest

from contacts.models import ContactFacts, Department
from contacts.services.facts import Supply, rebuild_facts, refresh_facts, supply
from tests.contacts import rows

pytestmark = pytest.mark.django_db


def test_orders_of_one_day_are_one_purchase_day():
    person = rows.contact()
    for days_ago, refund in ((5, 0), (5, 100), (2, 0)):
        rows.order(person, days_ago=days_ago, refunded_fen=refund)
    refresh_facts(contact_ids=[person.pk])
    facts = person.facts
    assert (facts.order_count, facts.order_days) == (3, 2)
    assert (facts.revenue_fen, facts.refunded_fen) == (3000, 100)
    assert (facts.last_order_on - facts.first_order_on).days == 3


def test_only_living_relations_count():
    shop = Department.objects.create(wecom_id=2, name="Shop")
    closed = Department.objects.create(wecom_id=3, name="Closed", is_gone=True)
    person = rows.contact()
    wang = rows.staff(department_wecom_ids=[2, closed.wecom_id])
    rows.follow(person, wang, add_way=16)
    rows.follow(person, rows.staff(), add_way=3, status="by_staff", ended_at=rows.NOW)
    refresh_facts(contact_ids=[person.pk])
    facts = person.facts
    assert (facts.staff_ids, facts.add_ways, facts.department_ids) == ([wang.pk], [16], [shop.pk])


def test_the_sample_of_a_customer_never_changes():
    person = rows.contact(external_userid="wm-fixed")
    refresh_facts(contact_ids=[person.pk])
    assert person.facts.bucket == int(md5(b"wm-fixed").hexdigest()[:8], 16) % 100


def test_a_rebuild_writes_only_what_differs():
    people = [rows.contact() for _ in range(5)]
    assert rebuild_facts() == 5
    assert rebuild_facts() == 0
    ContactFacts.objects.filter(pk=people[0].pk).update(order_count=9)
    assert rebuild_facts() == 1


def test_a_column_is_supplied_once():
    with pytest.raises(ValueError, match="group_ids"):
        supply(Supply(column="group_ids", values_sql="", empty_sql=""))
