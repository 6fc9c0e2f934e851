"""The sums of every customer are the ledger's, however they were brought up to date."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from analytics.models import ContactMetrics, CustomerMonth, MetricsRun
from analytics.selectors.ledger import currency
from analytics.services.rebuild import rebuild_everybody
from analytics.services.refresh import rebuild_metrics, refresh_metrics
from contacts.models import Order
from tests.analytics.building import NOW, contact, contacts, order, orders

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)


def sums():
    skipped = {"computed_at", "predicted_at"}
    names = [f.attname for f in ContactMetrics._meta.fields if f.name not in skipped]
    months = [f.attname for f in CustomerMonth._meta.fields if f.name != "pk"]
    return (
        sorted(ContactMetrics.objects.values_list(*names)),
        sorted(CustomerMonth.objects.values_list(*months)),
    )


def test_orders_of_one_day_are_one_purchase_day_and_refunds_subtract():
    alice = contact()
    orders(
        order(alice, date(2026, 1, 30), 10_000),
        order(alice, date(2026, 1, 30), 5_000, refunded_fen=1_000),
        order(alice, date(2026, 3, 2), 20_000, refunded_fen=20_000),
        order(alice, date(2026, 3, 20), 7_000),
    )
    rebuild_metrics(now=NOW)
    row = ContactMetrics.objects.get()
    assert (row.first_on, row.second_on, row.last_on) == (
        date(2026, 1, 30),
        date(2026, 3, 2),
        date(2026, 3, 20),
    )
    assert (row.purchase_days, row.orders) == (3, 4)
    assert (row.revenue_fen, row.refunded_fen, row.net_fen) == (42_000, 21_000, 21_000)
    assert row.first_day_fen == 14_000
    assert row.repeat_mean_fen == 3_500
    assert row.usual_gap_days == 24.5


def test_months_know_their_cohort_across_a_new_year():
    alice = contact()
    orders(order(alice, date(2025, 11, 3), 100), order(alice, date(2026, 2, 1), 200))
    rebuild_metrics(now=NOW)
    months = CustomerMonth.objects.order_by("month").values_list("cohort", "offset", "net_fen")
    assert list(months) == [(date(2025, 11, 1), 0, 100), (date(2025, 11, 1), 3, 200)]


def test_an_order_without_a_customer_counts_for_nobody():
    orders(order(None, date(2026, 1, 1)))
    rebuild_metrics(now=NOW)
    assert not ContactMetrics.objects.exists()


def test_a_refresh_that_finds_nothing_only_says_when_it_looked():
    orders(order(contact(), date(2026, 1, 1)))
    refresh_metrics(now=NOW)
    assert refresh_metrics(now=LATER) is None
    assert MetricsRun.objects.get().checked_at == LATER
    assert currency(now=LATER + timedelta(minutes=4)).is_alarming is False
    assert currency(now=LATER + timedelta(minutes=6)).is_late


def test_an_order_that_commits_late_with_an_older_time_is_found():
    alice, bob = contacts(2)
    orders(order(alice, date(2026, 1, 1), imported_at=NOW))
    refresh_metrics(now=NOW)
    orders(order(bob, date(2026, 1, 1), imported_at=NOW - timedelta(minutes=10)))
    refresh_metrics(now=LATER)
    assert ContactMetrics.objects.filter(contact=bob).exists()


def test_an_older_order_that_arrives_now_moves_the_cohort():
    alice = contact()
    orders(order(alice, date(2026, 5, 9)))
    refresh_metrics(now=NOW)
    orders(order(alice, date(2026, 4, 1), imported_at=LATER))
    run = refresh_metrics(now=LATER)
    assert (run.kind, run.contacts, run.changed) == ("incremental", 1, 1)
    assert set(CustomerMonth.objects.values_list("cohort", flat=True)) == {date(2026, 4, 1)}


def test_a_customer_who_lost_her_only_order_has_no_row_any_more():
    alice = contact()
    (row,) = orders(order(alice, date(2026, 5, 9)))
    rebuild_metrics(now=NOW)
    Order.objects.filter(pk=row.pk).update(contact=None)
    refresh_metrics(now=LATER, contact_ids=[alice.pk])
    assert sums() == ([], [])


def test_a_rebuild_repairs_what_was_wrong_and_says_how_much_and_whose():
    alice, bob, carol = contacts(3)
    orders(*(order(person, date(2026, 5, 9)) for person in (alice, bob, carol)))
    assert rebuild_metrics(now=NOW).differences == 0
    ContactMetrics.objects.filter(contact=alice).update(revenue_fen=1)
    CustomerMonth.objects.filter(contact=bob).update(net_fen=1)
    orders(order(carol, date(2026, 5, 9), imported_at=LATER))
    run = rebuild_metrics(now=LATER)
    assert (run.changed, run.differences, run.examples) == (3, 2, [alice.pk, bob.pk])
    assert currency(now=LATER).mended == run
    assert rebuild_metrics(now=LATER).changed == 0
    assert currency(now=LATER).mended is None


def test_whoever_changes_an_order_whatever_the_way_its_customers_are_refreshed():
    alice, bob = contacts(2)
    first, second, third = orders(
        *(order(alice, date(2026, 5, day)) for day in (1, 2, 3)), order(bob, date(2026, 5, 9))
    )[:3]
    refresh_metrics(now=NOW)
    Order.objects.filter(pk=first.pk).update(contact=bob)
    Order.objects.filter(pk=second.pk).update(refunded_fen=50)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM contacts_order WHERE id = %s", [third.pk])
    assert refresh_metrics(now=LATER).contacts == 2
    assert dict(ContactMetrics.objects.values_list("contact_id", "orders")) == {
        alice.pk: 1,
        bob.pk: 2,
    }
    Order.objects.filter(pk=first.pk).update(external_id="another number")
    assert refresh_metrics(now=LATER) is None


@pytest.mark.django_db(transaction=True)
def test_several_sessions_give_what_one_session_gives():
    people = contacts(60)
    orders(
        *(
            order(person, date(2026, month, 1 + person.pk % 28))
            for person in people
            for month in (1, 3)
        )
    )
    found = rebuild_everybody(now=NOW, in_this_session=False, at_once=7)
    assert (found.contacts, found.changed) == (60, 60)
    kept = sums()
    with transaction.atomic():
        assert rebuild_metrics(now=LATER).changed == 0
    assert rebuild_metrics(now=LATER).changed == 0
    assert sums() == kept


def test_a_refresh_that_fails_leaves_the_sums_and_says_so(operator_client):
    alice = contact()
    orders(order(alice, date(2026, 5, 9)))
    refresh_metrics(now=NOW)
    kept = sums()
    too_much = [order(alice, date(2026, 5, 9), 9 * 10**18, imported_at=LATER) for _ in range(2)]
    orders(*too_much)
    with pytest.raises(OverflowError):
        refresh_metrics(now=LATER)
    assert sums() == kept
    assert "out of range" in operator_client.get("/analytics/").content.decode()
    Order.objects.filter(pk__in=[row.pk for row in too_much]).delete()
    rebuild_metrics(now=LATER + timedelta(minutes=1))
    assert "out of range" not in operator_client.get("/analytics/").content.decode()


def test_the_log_of_refreshes_is_kept_for_a_season():
    rebuild_metrics(now=NOW - timedelta(days=91))
    rebuild_metrics(now=NOW - timedelta(days=89))
    rebuild_metrics(now=NOW)
    assert MetricsRun.objects.count() == 2


def test_the_command_says_in_words_that_there_is_nothing_to_do():
    orders(order(contact(), date(2026, 1, 1)))
    call_command("refresh_metrics", stdout=(first := StringIO()))
    call_command("refresh_metrics", stdout=(second := StringIO()))
    assert "contacts: 1" in first.getvalue()
    assert second.getvalue().strip() == "无需更新：订单没有变化，或另一个更新正在进行。"
