"""The 360° page: tabs, scope, preferences."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import ContactEvent, Preference, Segment
from contacts.services.facts import refresh_facts
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def amy():
    person = rows.contact(name="Amy", phone="13812345678")
    rows.follow(person, rows.staff(userid="clerk", name="王小明"), remark="三楼")
    rows.order(person, days_ago=3, amount_fen=12_345)
    refresh_facts(contact_ids=[person.pk])
    return person


def test_the_page_shows_who_she_is_and_a_tab_for_each_card(operator_client, amy):
    response = operator_client.get(f"/contacts/{amy.pk}/")
    page = response.content.decode()
    for shown in ("Amy", "王小明", "三楼", "138****5678", "¥123.45"):
        assert shown in page
    tabs = [tab["card"].name for tab in response.context["tabs"]]
    assert tabs[:3] == ["timeline", "notes", "orders"]
    assert {"value", "groups", "touches", "memberships"} <= set(tabs)
    assert page.count('aria-selected="true"') == 1


def test_a_customer_without_facts_has_a_page_too(operator_client):
    assert operator_client.get(f"/contacts/{rows.contact().pk}/").status_code == 200


def test_outside_the_scope_there_is_no_such_customer(client, amy):
    client.force_login(build.operator(role=Role.STAFF, staff_userid="somebody"))
    assert client.get(f"/contacts/{amy.pk}/").status_code == 404
    assert client.get(f"/contacts/{amy.pk}/events/").status_code == 404


def test_inside_the_scope_the_phone_is_masked(client, amy):
    client.force_login(build.operator(role=Role.STAFF, staff_userid="clerk"))
    page = client.get(f"/contacts/{amy.pk}/").content.decode()
    assert "138****5678" in page
    assert "13812345678" not in page


def test_older_events_are_asked_for_and_come_as_rows(operator_client, amy):
    for number in range(40):
        ContactEvent.objects.create(
            contact=amy, kind="remarked", at=NOW - timedelta(days=number + 5), details={}
        )
    first = operator_client.get(f"/contacts/{amy.pk}/").context["tabs"][0]["data"]["page"]
    assert first.older
    more = operator_client.get(f"/contacts/{amy.pk}/events/", {"before": first.older})
    assert more.content.decode().count("<time") == 41 - len(first.entries)
    assert "<html" not in more.content.decode()


def test_a_pause_a_refusal_and_their_end_are_recorded(operator_client, operator, amy):
    url = f"/contacts/{amy.pk}/preference/"
    operator_client.post(url, {"ask": "pause"})
    assert Preference.objects.get(pk=amy.pk).pause_until is not None
    operator_client.post(url, {"ask": "never"})
    assert Preference.objects.get(pk=amy.pk).is_do_not_contact
    operator_client.post(url, {"ask": "clear"})
    preference = Preference.objects.get(pk=amy.pk)
    assert (preference.is_do_not_contact, preference.pause_until) == (False, None)
    assert AuditEntry.objects.filter(operator=operator, subject_id=amy.pk).count() == 4


def test_only_who_may_change_customers_records_preferences(client, amy):
    client.force_login(build.operator(role=Role.ANALYST))
    response = client.post(f"/contacts/{amy.pk}/preference/", {"ask": "never"})
    assert response.status_code == 403
    lead = build.operator(role=Role.LEAD, staff_userid="nobody")
    client.force_login(lead)
    response = client.post(f"/contacts/{amy.pk}/preference/", {"ask": "never"})
    assert response.status_code == 404


def test_the_page_names_the_segments_she_is_in(operator_client, amy):
    leaf = {"field": "order.count", "op": ">=", "value": 1}
    rules = {"Buyers": leaf, "Nobody": {"not": leaf}, "All": {"all": []}, "Broken": {"field": "x"}}
    for name, rule in rules.items():
        Segment.objects.create(name=name, rule=rule, created_at=NOW, updated_at=NOW)
    tabs = operator_client.get(f"/contacts/{amy.pk}/").context["tabs"]
    (shown,) = [tab["data"]["segments"] for tab in tabs if tab["card"].name == "memberships"]
    assert [segment.name for segment in shown] == ["All", "Buyers"]
