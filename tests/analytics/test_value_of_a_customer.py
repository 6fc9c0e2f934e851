"""The value tab of a customer's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from analytics.cards import CARDS
from analytics.metrics.churn_reasons import Reason, Signs, reasons
from analytics.models import ContactMetrics
from analytics.services.refresh import rebuild_metrics
from analytics.services.renewal import renew
from contacts.models import Contact
from scrm.console.cards import Asked
from tests.analytics.building import NOW, TODAY, contact, order, orders, shop

VALUE = next(card for card in CARDS if card.name == "value")


def shown(operator, customer):
    with override("en"):
        data = VALUE.data(Asked(operator=operator, now=NOW, subject_id=customer.pk))
        return " ".join(render_to_string(VALUE.template, {"data": data}).split())


@pytest.mark.django_db
def test_who_never_ordered_has_no_value_yet(operator):
    assert "She has not ordered yet" in shown(operator, contact())


@pytest.mark.django_db
def test_before_a_forecast_the_page_shows_what_was_paid(operator):
    alice = contact()
    orders(
        order(alice, TODAY - timedelta(days=100), 20_000, refunded_fen=5_000),
        order(alice, TODAY - timedelta(days=90), 10_000),
    )
    rebuild_metrics(now=NOW)
    text = shown(operator, alice)
    assert "¥250.00" in text
    assert "¥300.00 paid, ¥50.00 refunded" in text
    assert "Not enough data for a forecast yet." in text
    assert "No order for 90 days; 8 of 10 customers who return do so within 45." in text
    assert "90 days ago" in text


@pytest.mark.django_db
def test_with_a_forecast_the_page_shows_it_with_its_interval(operator, django_assert_num_queries):
    shop()
    renew(now=NOW)
    best = ContactMetrics.objects.order_by("-predicted_fen").first()
    customer = Contact.objects.get(pk=best.pk)
    with django_assert_num_queries(5):
        text = shown(operator, customer)
    assert f"¥{best.predicted_fen / 100:,.2f}" in text
    assert "8 of 10 customers with this history" in text
    assert "R 5 · F 5 · M" in text


CASES = {
    "a regular buyer": (Signs(10, 12.0, 5, 45, is_friend=True), ()),
    "overdue": (Signs(30, 12.0, 5, 45, is_friend=True), (Reason.OVERDUE,)),
    "silent and overdue": (Signs(50, 12.0, 5, 45, is_friend=True), (Reason.SILENT, Reason.OVERDUE)),
    "bought once": (Signs(3, None, 1, 45, is_friend=True), (Reason.ONE_TIME,)),
    "unfriended": (Signs(3, 5.0, 4, 45, is_friend=False), (Reason.UNFRIENDED,)),
}


@pytest.mark.parametrize(("signs", "expected"), CASES.values(), ids=CASES)
def test_the_reasons_of_a_risk_are_signs_that_can_be_checked(signs, expected):
    assert tuple(found.reason for found in reasons(signs)) == expected
