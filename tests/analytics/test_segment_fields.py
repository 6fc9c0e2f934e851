"""Segments may ask for value, risk and RFM scores."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.models import ContactMetrics
from analytics.selectors.profile import profile
from analytics.services.forecast import fit_models
from analytics.services.refresh import rebuild_metrics
from analytics.services.renewal import renew
from contacts.models import Contact
from contacts.selectors.audiences import audience, why
from contacts.services.facts import rebuild_facts
from scrm.segments.fields import read_rule
from tests.analytics.building import NOW, TODAY, contacts, order, orders, shop

pytestmark = pytest.mark.django_db


def picked(field, op, value=None):
    leaf = {"field": field, "op": op}
    rule = read_rule(leaf if value is None else {**leaf, "value": value})
    found = set(audience(rule, NOW).values_list("pk", flat=True))
    for contact in Contact.objects.all()[:20]:
        assert why(contact.pk, rule, NOW).is_in == (contact.pk in found)
    return found


@pytest.fixture
def three():
    """One who bought twice for much, one who bought once for little, one who never did."""
    rich, poor, silent = contacts(3)
    orders(
        order(rich, TODAY - timedelta(days=40), 90_000),
        order(rich, TODAY - timedelta(days=2), 90_000, refunded_fen=10_000),
        order(poor, TODAY - timedelta(days=90), 1_000),
    )
    rebuild_facts()
    rebuild_metrics(now=NOW)
    return rich, poor, silent


def test_historic_value_is_net_of_refunds(three):
    rich, _poor, _silent = three
    assert picked("value.historic", ">=", 170_000) == {rich.pk}
    assert picked("value.historic", ">", 170_000) == set()


def test_before_the_first_forecast_nobody_has_a_risk(three):
    assert picked("value.churn_risk", ">=", 0) == set()
    assert picked("value.rfm_r", ">=", 1) == set()


def test_rfm_fields_give_the_scores_of_the_customers_own_page(three):
    fit_models(now=NOW)
    for letter, name in (("r", "recency"), ("f", "frequency"), ("m", "monetary")):
        for contact in three:
            scores = profile(contact, today=TODAY).scores
            for score in range(1, 6):
                expected = scores is not None and getattr(scores, name) == score
                assert (contact.pk in picked(f"value.rfm_{letter}", "=", score)) == expected


def test_forecast_fields_read_the_forecast():
    shop()
    rebuild_facts()
    renew(now=NOW)
    risky = set(ContactMetrics.objects.filter(p_alive__lte=0.4).values_list("pk", flat=True))
    assert picked("value.churn_risk", ">=", 0.6) == risky
    assert picked("value.p_alive", "<=", 0.4) == risky
    wanted = ContactMetrics.objects.filter(predicted_fen__gte=30_000)
    assert picked("value.expected_365", ">=", 30_000) == set(wanted.values_list("pk", flat=True))
