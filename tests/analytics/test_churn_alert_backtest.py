"""The back-test of churn alerts over stored orders: no look-ahead, resumable, honest."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.db import transaction

from analytics.models import ChurnAlertTest
from analytics.selectors.alert_past import snapshot
from analytics.services import alert_backtest
from analytics.services.alert_backtest import (
    BacktestRunning,
    past_days,
    renew_test_if_due,
    start_test,
    work_test,
)
from analytics.services.refresh import rebuild_metrics
from contacts.models import Contact, Follow, Order, OrderEntry
from contacts.services.facts import rebuild_facts
from scrm.errors import InvalidInput
from tests.analytics.building import NOW, TODAY, order, orders, shop
from tests.contacts import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def known_shop():
    """Buyers enough on each past day, over 400 days, friends of three staff members."""
    shop(1_200)
    members = [rows.staff() for _each in range(3)]
    random = Random(5)
    Follow.objects.bulk_create(
        Follow(contact=person, staff=random.choice(members), added_at=NOW - timedelta(days=500))
        for person in Contact.objects.all()
    )
    rebuild_facts()
    rebuild_metrics(now=NOW)


def worked():
    test = start_test(operator=None, now=NOW)
    assert work_test(clock=lambda: NOW, until=NOW + timedelta(minutes=1))
    test.refresh_from_db()
    return test


def test_a_test_plays_every_past_day_and_is_the_same_when_later_orders_come(
    known_shop, operator_client
):
    test = worked()
    assert test.state == "done"
    assert [entry["day"] for entry in test.results] == [day.isoformat() for day in test.days]
    assert len(test.days) == 5
    newest = test.results[0]["inactive"]
    assert 0 < newest["ours"]["chosen"] <= 30
    assert newest["ours"]["chosen"] == newest["simple"]["chosen"] == newest["random"]["chosen"]
    assert newest["left"] <= newest["customers"]
    assert sum(decile["customers"] for decile in newest["deciles"]) == newest["customers"]
    later = TODAY + timedelta(days=1)
    orders(*(order(person, later, 99_000) for person in Contact.objects.all()[:300]))
    rebuild_metrics(now=NOW + timedelta(days=1))
    again = worked()
    assert again.results == test.results
    page = operator_client.get("/churn-alerts/backtest/")
    text = page.content.decode()
    assert "最久未下单优先" in text
    assert "全部可预警客户中" in text or "人数太少" in text
    answer = operator_client.get("/churn-alerts/backtest/alert-test-inactive.csv")
    assert len(b"".join(answer.streaming_content).decode().splitlines()) == 4


def test_what_was_known_then_is_what_the_ledger_said_up_to_then():
    """Tried on a shop of few."""
    shop(60)
    day = TODAY - timedelta(days=90)
    found = snapshot(day, horizon_days=90)
    before = Order.objects.filter(paid_on__lte=day)
    assert len(found.idle) == before.values("contact").distinct().count()
    buyers = list(before.order_by("contact").values_list("contact", flat=True).distinct())
    place = len(buyers) // 2
    own = sorted(set(before.filter(contact=buyers[place]).values_list("paid_on", flat=True)))
    assert found.idle[place] == (day - own[-1]).days
    assert found.history.x[place] == len(own) - 1
    came = Order.objects.filter(contact=buyers[place], paid_on__gt=day, paid_on__lte=TODAY)
    assert found.ordered_later[place] == came.exists()
    sold = before.filter(contact=buyers[place], paid_on=own[-1]).first()
    for fen, given_back_on in ((400, day), (300, day + timedelta(days=1))):
        refund(sold, fen, given_back_on)
    again = snapshot(day, horizon_days=90)
    assert again.year_fen[place] == found.year_fen[place] - 400
    assert (again.year_fen.sum(), again.ordered_later.sum()) == (
        found.year_fen.sum() - 400,
        found.ordered_later.sum(),
    )


def refund(sold, fen, on):
    """As the ledger books it."""
    sold.refunded_fen += fen
    sold.save()
    OrderEntry.objects.create(
        order=sold,
        kind="refund",
        amount_fen=-fen,
        at=NOW,
        happened_on=on,
        external_id=f"R{on}",
        origin="api",
        imported_at=NOW,
    )


def test_a_killed_test_goes_on_two_never_run_and_one_starts_each_week_at_night(known_shop):
    test = start_test(operator=None, now=NOW)
    with pytest.raises(BacktestRunning):
        start_test(operator=None, now=NOW)
    with transaction.atomic():
        assert alert_backtest._next_day(now=NOW)
        transaction.set_rollback(True)
    assert ChurnAlertTest.objects.get().done_days == 0
    moments = iter([NOW, NOW, NOW + timedelta(minutes=2)])
    assert not work_test(clock=lambda: next(moments), until=NOW + timedelta(minutes=1))
    assert ChurnAlertTest.objects.get().done_days == 1
    assert work_test(clock=lambda: NOW, until=NOW + timedelta(minutes=1))
    test.refresh_from_db()
    assert (test.state, test.done_days) == ("done", 5)
    assert past_days(TODAY - timedelta(days=200)) == []
    night = NOW.replace(hour=21, minute=30) + timedelta(days=6)  # 05:30 in Shanghai
    assert renew_test_if_due(now=night) is None
    assert renew_test_if_due(now=night + timedelta(days=1, hours=6)) is None
    assert renew_test_if_due(now=night + timedelta(days=1)) is not None


def test_without_orders_the_button_says_what_is_missing():
    with pytest.raises(InvalidInput, match="270"):
        start_test(operator=None, now=NOW)
