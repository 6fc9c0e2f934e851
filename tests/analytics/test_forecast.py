"""Models are fitted when there is enough to learn from, and say what is missing before."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from django.db import transaction
from django.db.models import F

from analytics.metrics.ltv import Forecast
from analytics.models import ContactMetrics, ModelFit, RfmCuts
from analytics.selectors import histories
from analytics.selectors.models import Trust, needed, trust
from analytics.services.forecast import fit_models, write, write_side_by_side
from analytics.services.refresh import rebuild_metrics, refresh_metrics
from analytics.services.renewal import renew
from contacts.models import Order
from tests.analytics.building import NOW, TODAY, contacts, order, orders, shop

pytestmark = pytest.mark.django_db


def test_a_young_shop_gets_no_forecast_and_is_told_what_is_missing():
    alice, bob = contacts(2)
    orders(order(alice, TODAY - timedelta(days=30)), order(bob, TODAY))
    _run, outcome = renew(now=NOW)
    assert outcome.reason == "not enough orders"
    assert (outcome.buyers, outcome.repeaters, outcome.days) == (2, 0, 30)
    assert not ModelFit.objects.exists()
    assert not ContactMetrics.objects.filter(p_alive__isnull=False).exists()
    assert [(need.has, need.is_enough) for need in needed(today=TODAY)] == [
        (2, False),
        (0, False),
        (30, False),
    ]


def test_without_orders_there_is_nothing_to_fit():
    assert fit_models(now=NOW).reason == "no orders"
    assert not RfmCuts.objects.exists()


def test_an_old_enough_shop_gets_a_forecast_for_every_buyer():
    shop()
    run, outcome = renew(now=NOW)
    assert outcome.reason == ""
    assert run.contacts == outcome.buyers == ContactMetrics.objects.count()
    assert not ContactMetrics.objects.filter(predicted_at__isnull=True).exists()
    for row in ContactMetrics.objects.all():
        assert 0 < row.p_alive < 1
        assert row.churn_risk == pytest.approx(1 - row.p_alive)
        assert row.predicted_low_fen <= row.predicted_high_fen
    fit = ModelFit.objects.get(kind="mbgnbd")
    assert fit.is_current
    assert fit.converged
    assert fit.data_to == TODAY


def test_the_forecast_is_tested_on_a_quarter_it_has_not_seen():
    shop(900, days=600)
    renew(now=NOW)
    fit = ModelFit.objects.get(kind="mbgnbd")
    cutoff = TODAY - timedelta(days=90)
    known = set(
        Order.objects.filter(paid_on__lte=cutoff).values_list("contact_id", flat=True).distinct()
    )
    later = Order.objects.filter(paid_on__gt=cutoff, contact_id__in=known)
    assert fit.backtest_actual == later.values("contact_id", "paid_on").distinct().count()
    assert abs(fit.backtest_bias) < 0.25
    assert fit.backtest_mae < fit.backtest_naive_mae


def test_a_new_order_renews_the_forecast_of_its_customer_only():
    shop()
    renew(now=NOW)
    row = ContactMetrics.objects.filter(purchase_days=1, last_on__lt=TODAY - timedelta(90)).first()
    later = NOW + timedelta(minutes=1)
    orders(order(row.contact, TODAY, imported_at=later))
    refresh_metrics(now=later)
    renewed = ContactMetrics.objects.get(pk=row.pk)
    assert renewed.predicted_at == later
    assert renewed.expected_orders > row.expected_orders
    assert ContactMetrics.objects.filter(predicted_at=later).count() == 1


def test_a_refresh_expects_what_the_night_expects_and_nothing_of_who_has_not_begun():
    shop()
    renew(now=NOW)
    columns = ("contact_id", "p_alive", "expected_orders", "predicted_fen", "predicted_low_fen")
    before = list(ContactMetrics.objects.order_by("pk").values_list(*columns))
    ContactMetrics.objects.update(orders=F("orders") + 1)
    (early,) = contacts(1)
    orders(order(early, TODAY + timedelta(days=1)))
    everybody = [early.pk, *(row[0] for row in before)]
    assert refresh_metrics(now=NOW, contact_ids=everybody).changed == len(before) + 1
    after = list(ContactMetrics.objects.order_by("pk").values_list(*columns))
    assert after == [*before, (early.pk, None, None, None, None)]


@pytest.mark.django_db(transaction=True)
def test_two_sessions_write_what_one_writes():
    shop(40)
    rebuild_metrics(now=NOW)
    known = histories.until(TODAY)
    some = np.arange(len(known), dtype=np.float64)
    expected = Forecast(some / 100, some, some, some, some, 100 * some, 90 * some, 110 * some)
    write_side_by_side(known, expected, now=NOW)
    columns = ("contact_id", "p_alive", "predicted_fen", "predicted_high_fen", "predicted_at")
    beside = list(ContactMetrics.objects.order_by("pk").values_list(*columns))
    assert [row[2] for row in beside] == [100 * number for number in range(len(known))]
    ContactMetrics.objects.update(
        **dict.fromkeys(("p_alive", "expected_orders", "predicted_at"), None),
        **dict.fromkeys(("predicted_fen", "predicted_low_fen", "predicted_high_fen"), None),
    )
    with transaction.atomic():
        write(known, expected, now=NOW)
    assert list(ContactMetrics.objects.order_by("pk").values_list(*columns)) == beside


def test_a_second_fit_replaces_the_first_and_keeps_it():
    shop()
    renew(now=NOW)
    renew(now=NOW + timedelta(days=1))
    assert ModelFit.objects.filter(kind="mbgnbd").count() == 2
    assert ModelFit.objects.get(kind="mbgnbd", is_current=True).data_to == date(2026, 7, 16)


def test_rfm_cut_points_are_those_of_the_sorted_values():
    people = contacts(10)
    orders(
        *(
            order(person, TODAY - timedelta(days=number), 1_000 * (number + 1))
            for number, person in enumerate(people)
        )
    )
    rebuild_metrics(now=NOW)
    fit_models(now=NOW)
    cuts = RfmCuts.objects.get()
    assert cuts.recency_days == [1, 3, 5, 7]
    assert cuts.purchase_days == [1, 1, 1, 1]
    assert cuts.net_fen == [2_000, 4_000, 6_000, 8_000]


@pytest.mark.parametrize(("bias", "error"), [(None, 0.25), (0.02, 0.15), (-0.3, 0.3), (4.0, 1.0)])
def test_the_interval_of_a_total_is_never_narrower_than_the_error_of_the_field(bias, error):
    ModelFit.objects.create(
        kind="mbgnbd",
        parameters={},
        customers=1,
        repeaters=1,
        log_likelihood=0,
        converged=True,
        data_from=TODAY,
        data_to=TODAY,
        backtest_bias=bias,
        created_at=NOW,
    )
    found = trust()
    assert isinstance(found, Trust)
    assert np.allclose(found.interval(100), (100 - 100 * error, 100 + 100 * error))
