"""What several files of these tests begin with."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.services.refresh import rebuild_metrics
from contacts.models import Department, Staff
from contacts.services.facts import rebuild_facts
from contacts.services.segments import create_segment
from tests.analytics.building import NOW, TODAY, contacts, follow, order, orders


@pytest.fixture
def two_shops():
    """Anna's customers and Bert's, with orders, and a segment of everybody."""
    Department.objects.create(wecom_id=2, name="Shop")
    owners = [
        Staff.objects.create(userid=name, name=name, department_wecom_ids=[number])
        for number, name in enumerate(("anna", "bert"), start=2)
    ]
    alice, bob, carol = contacts(3)
    for owner, customer in zip([*owners, owners[1]], (alice, bob, carol), strict=True):
        follow(owner, customer)
    orders(
        order(alice, TODAY, 1_000),
        order(bob, TODAY, 50_000),
        order(bob, TODAY - timedelta(days=9), 20_000),
        order(carol, TODAY - timedelta(days=500), 7_000),
    )
    rebuild_facts()
    rebuild_metrics(now=NOW)
    rule = {"all": [{"field": "order.lines", "op": ">=", "value": 1}]}
    return create_segment(name="Buyers of ours", rule=rule, now=NOW)
