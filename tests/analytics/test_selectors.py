"""Figures over the whole shop, against small histories counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from analytics.board.figures import Figures
from analytics.selectors.scope import EVERYBODY
from analytics.services.refresh import rebuild_metrics
from contacts.models import Contact, Follow, LifecycleSettings, LifecycleTransition, Staff
from tests.analytics.building import NOW, TODAY, contact, contacts, order, orders

pytestmark = pytest.mark.django_db


def figures():
    rebuild_metrics(now=NOW)
    return Figures(scope=EVERYBODY, now=NOW)


def ago(days):
    return TODAY - timedelta(days=days)


def test_ltv_splits_into_orders_per_buyer_and_order_value():
    alice, bob, _friend = contacts(3)
    orders(
        order(alice, ago(9), 10_000),
        order(alice, ago(3), 20_000, refunded_fen=6_000),
        order(bob, ago(3), 6_000),
    )
    seen = figures().overview
    assert seen.ltv_fen == 15_000
    assert seen.ltv_fen == seen.orders_per_buyer * seen.order_value_fen
    assert seen.ltv_per_friend_fen == 10_000
    assert seen.repeat_share == 0.5


def test_orders_without_a_customer_are_shown_apart_so_that_the_ledger_adds_up():
    rows = orders(order(contact(), TODAY, 700), order(None, TODAY, 500, refunded_fen=100))
    seen = figures().overview
    assert (seen.waiting_orders, seen.waiting_fen) == (1, 400)
    assert seen.net_fen + seen.waiting_fen == sum(row.net_fen for row in rows)


def test_effective_customers_are_friends_who_bought_and_are_not_silent():
    since = NOW - timedelta(days=9)
    contacts(1, stage="new")
    contacts(2, stage="first")
    contacts(3, stage="repeat")
    contacts(1, stage="silent")
    contacts(1, stage="repeat", relation="lost", lost_at=since)
    seen = figures().overview
    assert (seen.customers, seen.friends, seen.effective) == (8, 7, 5)


def test_the_repurchase_rate_looks_at_twelve_calendar_months():
    once, twice, twice_long_ago, returning = contacts(4)
    orders(
        order(once, date(2026, 3, 1)),
        order(once, date(2026, 3, 1)),
        order(twice, date(2025, 8, 1)),
        order(twice, date(2026, 7, 15)),
        order(twice_long_ago, date(2025, 1, 1)),
        order(twice_long_ago, date(2025, 7, 31)),
        order(returning, date(2025, 7, 31)),
        order(returning, date(2026, 1, 1)),
    )
    found = figures().repurchase
    assert (found.buyers, found.repeaters, found.returning) == (3, 1, 1)


def test_the_usual_cycle_is_the_median_of_the_customers_own_gaps():
    slow, quick, quickest = contacts(3)
    orders(
        *(order(slow, ago(days)) for days in (100, 0)),
        *(order(quick, ago(days)) for days in (40, 30, 0)),
        *(order(quickest, ago(days)) for days in (20, 10)),
    )
    assert figures().cycle_days == 20


def test_who_has_not_come_back_yet_is_still_waiting():
    back, waiting = contacts(2)
    orders(order(back, ago(50)), order(back, ago(40)), order(waiting, ago(30)))
    curve = figures().second_order
    assert list(curve.time) == [10]
    assert list(curve.survival) == [0.5]


def test_friendships_that_staff_ended_do_not_count_as_unfriended():
    staff = Staff.objects.create(userid="anna", name="Anna")
    ends = (("by_contact", 10), ("by_staff", 5), ("active", None), ("unknown", 3))
    for status, days in ends:
        added = NOW - timedelta(days=20)
        Follow.objects.create(
            staff=staff,
            contact=contact(),
            added_at=added,
            status=status,
            ended_at=None if days is None else added + timedelta(days=days),
        )
    curve = figures().friendship
    assert list(curve.time) == [10]
    assert list(curve.at_risk) == [2]
    assert list(curve.survival) == [0.5]


def test_the_unfriend_rate_compares_with_the_start_of_the_month():
    staff = Staff.objects.create(userid="anna", name="Anna")
    # 23:30 UTC on the last of May is already June in Shanghai.
    for added, ended, status in (
        (datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 31, 23, 30, tzinfo=UTC), "by_contact"),
        (datetime(2026, 4, 1, tzinfo=UTC), None, "active"),
        (datetime(2026, 5, 31, 23, 30, tzinfo=UTC), None, "active"),
    ):
        Follow.objects.create(
            staff=staff, contact=contact(), added_at=added, status=status, ended_at=ended
        )
    june = figures().unfriend_months[-2]
    assert (june.month, june.at_start, june.unfriended, june.rate) == (date(2026, 6, 1), 2, 1, 0.5)
    july = figures().unfriend_months[-1]
    assert (july.at_start, july.unfriended, july.is_complete) == (2, 0, False)


def test_inactive_buyers_are_those_past_the_thresholds():
    LifecycleSettings.objects.create(silent_after_days=30, lost_after_days=60, updated_at=NOW)
    for days in (30, 31, 60, 61):
        orders(order(contact(), ago(days)))
    found = figures().inactive
    assert (found.buyers, found.silent, found.lost) == (4, 2, 1)


def test_the_best_fifth_of_the_buyers():
    for amount in (80_000, 5_000, 5_000, 5_000, 5_000):
        orders(order(contact(), TODAY, amount))
    assert figures().pareto == 0.8


def test_revenue_is_new_in_the_month_of_the_first_order_and_returning_later():
    alice = contact()
    orders(
        order(alice, date(2026, 5, 3), 100),
        order(alice, date(2026, 5, 9), 200),
        order(alice, date(2026, 7, 1), 400),
    )
    found = [(m.month.month, m.new_fen, m.returning_fen, m.is_complete) for m in figures().revenue]
    assert found == [(5, 300, 0, True), (6, 0, 0, True), (7, 0, 400, False)]


def test_losses_are_listed_by_their_kind():
    contacts(2, stage="lost", lost_kind="inactive")
    contacts(1, stage="lost", lost_kind="unfriended", relation="lost", lost_at=NOW)
    found = {(s.stage, s.lost_kind): s.customers for s in figures().standings}
    assert found["lost", "inactive"] == 2
    assert found["lost", "unfriended"] == 1
    assert found["new", ""] == 0


def test_weeks_begin_on_monday_where_the_business_is():
    for at in (
        datetime(2026, 7, 12, 15, 0, tzinfo=UTC),  # Sunday evening in Shanghai
        datetime(2026, 7, 12, 17, 0, tzinfo=UTC),  # Monday morning
    ):
        LifecycleTransition.objects.create(contact=contact(), to_stage="first", at=at, reason="x")
    last, this = figures().flow[-2:]
    assert (this.monday, this.entered["first"]) == (date(2026, 7, 13), 1)
    assert last.entered["first"] == 1


def test_growth_counts_days_of_the_business_time_zone():
    contact(first_followed_at=datetime(2026, 7, 14, 17, 0, tzinfo=UTC))
    lost = contact(relation="lost", lost_at=NOW)
    today = figures().growth[-1]
    assert (today.day, today.added, today.lost, today.net) == (TODAY, 1, 1, 0)
    assert Contact.objects.get(pk=lost.pk).relation == "lost"
