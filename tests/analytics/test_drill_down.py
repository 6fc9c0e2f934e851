"""From a mark of a chart to the customers it counts."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from analytics.board.datasets import DATASETS
from analytics.board.figures import Figures
from analytics.metrics.rfm_groups import GROUPS, group_of
from analytics.services.renewal import renew
from contacts.models import Staff
from contacts.services.facts import rebuild_facts
from scrm.console.models import Role
from tests import build
from tests.analytics.building import contacts, follow, shop

pytestmark = pytest.mark.django_db


def test_every_mark_leads_to_as_many_customers_as_it_counts(operator_client):
    shop(90)
    anna = Staff.objects.create(userid="anna", name="Anna")
    for customer in contacts(2):
        follow(anna, customer)
    rebuild_facts()
    renew(now=timezone.now())
    figures = Figures.of(build.operator(), now=timezone.now())
    checked = 0
    for key in ("rfm-grid", "rfm-groups", "value-bands", "purchase-counts", "idle-bands"):
        found = DATASETS[key](figures)
        assert found.rows, key
        for row, link in zip(found.rows, found.links, strict=True):
            page = operator_client.get(link)
            assert page.context["found"].errors == [], (key, row[0])
            assert page.context["found"].count == row[1], (key, row[0])
            checked += bool(row[1])
    assert checked > 15
    cohorts = DATASETS["ltv-by-cohort"](figures)
    for row, link in zip(cohorts.rows[:2], cohorts.links, strict=False):
        assert operator_client.get(link).context["found"].count == row[1]


def test_the_customers_behind_a_mark_are_those_of_who_asks(two_shops, client):
    rule = json.dumps({"all": [{"field": "order.lines", "op": ">=", "value": 1}]})
    for role, seen in ((Role.ANALYST, 3), (Role.LEAD, 1)):
        client.force_login(build.operator(role=role, staff_userid="anna"))
        page = client.get("/analytics/customers/", {"rule": rule})
        assert page.context["found"].count == len(page.context["found"].rows) == seen
        # Only who may save segments is led to a draft of one.
        assert page.context["segment_url"] == ""
    client.force_login(build.operator(role=Role.OPERATOR))
    draft = client.get("/analytics/customers/", {"rule": rule}).context["segment_url"]
    form = client.get(draft)
    assert form.context["rule"] == json.loads(rule)
    for nonsense in ("", "{", '{"all": [{"field": "secret"}]}', "[" * 9_000):
        page = client.get("/analytics/customers/", {"rule": nonsense})
        assert page.status_code == 200
        assert page.context["found"].errors
        assert client.get("/segments/new/", {"rule": nonsense}).context["rule"] == {"all": []}


def test_ten_groups_share_the_grid_without_gap_or_overlap():
    for recency in range(1, 6):
        for frequency in range(1, 6):
            assert [group for group in GROUPS if (recency, frequency) in group] == [
                group_of(recency, frequency)
            ]
    with pytest.raises(ValueError, match="between 1 and 5"):
        group_of(0, 3)
