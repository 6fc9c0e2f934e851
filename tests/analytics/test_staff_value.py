"""What staff add: revenue once, losses, chats, care, and the comparison with what was expected."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db.models import Sum

from analytics.models import StaffExpectation, StaffValueDay, StaffValueMonth
from analytics.periods import Period
from analytics.selectors.staff_value import expectation_days, staff_overview, staff_total
from analytics.services.refresh import rebuild_metrics
from analytics.services.staff_expectation import measure_expectation
from analytics.services.value_tables import measure
from contacts.models import Department, Follow, Order, StaffDay, StaffTask
from scrm.console.models import Role
from scrm.segments.days import business_day
from tests import build
from tests.analytics import building
from tests.analytics.test_channel_value import at, paid
from tests.contacts import rows

pytestmark = pytest.mark.django_db

NOW = rows.NOW
TODAY = business_day(NOW)
FIRST = date(2026, 1, 1)
PERIOD = Period(FIRST, TODAY)


SUMS = ("added", "won", "lost", "removed", "orders", "net_fen")


def day(number):
    return FIRST + timedelta(days=number)


@pytest.fixture
def shop(db):
    """A customer of two staff members, one after the other, and one whom nobody knew in time."""
    alice, bob = rows.staff(name="Alice"), rows.staff(name="Bob")
    shared = rows.contact(first_followed_at=at(day(0)))
    rows.follow(shared, alice, status="by_contact", ended_at=at(day(30)))
    rows.follow(shared, bob, added_at=at(day(10)))
    late = rows.contact(first_followed_at=at(day(20)))
    rows.follow(late, bob)
    for number, fen in ((4, 100), (19, 200), (30, 400), (31, 800), (60, 1_600)):
        paid(shared, day(number), fen)
    paid(late, day(5), 3_200)
    paid(late, day(20), 6_400, 400)
    rebuild_metrics(now=NOW)
    measure(now=NOW)
    return alice, bob


def seen(period=PERIOD, scope=None):
    found = staff_overview(period, scope=scope, today=TODAY)
    return {str(row.member or ""): row.figures for row in found.rows}, found.total


def test_an_order_counts_for_the_friend_of_longest_standing_on_its_day(shop):
    found, total = seen()
    assert (found["Alice"].net_fen, found["Alice"].orders) == (100 + 200 + 400, 3)
    assert found["Bob"].net_fen == 800 + 1_600 + 6_000
    assert found[""].net_fen == 3_200
    assert total.net_fen == sum(order.net_fen for order in Order.objects.all())


def test_whole_months_are_read_from_their_sums_and_come_to_the_same_as_the_days(shop):
    kept = StaffValueMonth.objects.aggregate(net=Sum("net_fen"), orders=Sum("orders"))
    assert kept["orders"] == Order.objects.count()
    first, last = date(2025, 12, 31), date(2026, 3, 1)
    spans = [
        (first, last),
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 1, 1), date(2026, 2, 28)),
        (date(2026, 1, 2), date(2026, 2, 28)),
        (date(2026, 1, 5), date(2026, 2, 4)),
        (date(2026, 1, 20), date(2026, 1, 21)),
    ]
    for first, last in spans:
        days = StaffValueDay.objects.filter(day__gte=first, day__lte=last)
        expected = days.aggregate(**{name: Sum(name, default=0) for name in SUMS})
        found = staff_total(Period(first, last), scope=None)
        assert {name: getattr(found, name) for name in SUMS} == expected, (first, last)


def test_adds_new_customers_and_losses_are_told_apart(shop):
    found, total = seen()
    alice, bob = found["Alice"], found["Bob"]
    assert (alice.added, alice.won, alice.lost, alice.removed) == (1, 1, 1, 0)
    assert (bob.added, bob.won, bob.lost) == (2, 1, 0)
    assert (alice.kept, bob.kept) == (0.0, 1.0)
    assert (total.added, total.won) == (3, 2)
    # Added too recently to tell who stays 30 days.
    recent, _total = seen(Period(TODAY - timedelta(days=10), TODAY))
    assert all(figures.kept is None for figures in recent.values())


def test_chats_and_tasks_of_the_period_are_added_up(shop, operator):
    alice, _bob = shop
    told = {"negative": 0, "applications": 0, "new_contacts": 0}
    StaffDay.objects.create(
        staff=alice,
        day=day(1),
        chats=30,
        messages=90,
        reply_percentage=90.0,
        reply_minutes=2,
        **told,
    )
    StaffDay.objects.create(
        staff=alice,
        day=day(2),
        chats=10,
        messages=10,
        reply_percentage=50.0,
        reply_minutes=6,
        **told,
    )
    StaffDay.objects.create(
        staff=alice,
        day=day(3),
        chats=0,
        messages=0,
        reply_percentage=None,
        reply_minutes=None,
        **told,
    )
    task = {
        "contact": Follow.objects.filter(staff=alice).get().contact,
        "staff": alice,
        "text": "Call",
        "created_by": operator,
        "created_at": NOW,
        "notice_since": NOW,
        "notice_due_at": NOW,
    }
    StaffTask.objects.create(due_on=day(5), **task)
    StaffTask.objects.create(
        due_on=day(5), state="done", closed_at=at(day(6)), closed_by=operator, **task
    )
    alice_figures = seen()[0]["Alice"]
    chats, care = alice_figures.chats, alice_figures.care
    assert (chats.chats, chats.messages) == (40, 100)
    assert (chats.replied, chats.reply_minutes) == (pytest.approx(0.8), 3.0)
    assert (care.tasks_done, care.tasks_late) == (1, 1)


def test_a_lead_sees_the_staff_of_her_department_alone(shop, client):
    alice, bob = shop
    Department.objects.create(name="East", wecom_id=7, parent_wecom_id=1)
    alice.department_wecom_ids = [7]
    alice.save()
    client.force_login(build.operator(role=Role.LEAD, staff_userid=alice.userid))
    span = {"from": "2026-01-01", "to": "2026-03-10"}
    told = client.get("/api/v1/analytics/staff/", span).json()
    assert [row["name"] for row in told] == ["Alice"]
    assert client.get(f"/staff-value/{alice.pk}/", span).context["found"].net_fen == 700
    assert client.get(f"/staff-value/{bob.pk}/", span).status_code == 404
    assert client.get(f"/staff-value/{bob.pk}/staff-days.csv", span).status_code == 404
    page = client.get("/staff-value/", span)
    assert [name for _row, name, *_rest in page.context["rows"]] == ["Alice"]


def test_the_pages_open_with_and_without_figures(shop, operator_client):
    alice, _bob = shop
    for path in ("/staff-value/?compare=year", f"/staff-value/{alice.pk}/"):
        assert operator_client.get(path).status_code == 200
    span = "from=2026-01-01&to=2026-03-10"
    text = b"".join(
        operator_client.get(f"/staff-value/staff-value.csv?{span}").streaming_content
    ).decode("utf-8-sig")
    assert "Alice" in text
    assert "7.00" in text
    days = operator_client.get(f"/staff-value/{alice.pk}/staff-revenue.csv?{span}")
    assert b"".join(days.streaming_content).count(b"\n") == PERIOD.days + 1


def test_a_planted_difference_is_found_and_the_season_is_nobodys(db):
    building.shop(700)
    good, plain, few = rows.staff(name="Good"), rows.staff(name="Plain"), rows.staff(name="Few")
    now, today = building.NOW, building.TODAY
    customers = sorted({order.contact_id for order in Order.objects.all()})
    for number, pk in enumerate(customers):
        member = few if number < 10 else good if number % 2 else plain
        Follow.objects.create(staff=member, contact_id=pk, added_at=now - timedelta(days=400))
    mine = [pk for number, pk in enumerate(customers) if number >= 10 and number % 2]
    recent = Order.objects.filter(contact_id__in=mine, paid_on__gt=today - timedelta(days=90))
    for order in recent:
        Order.objects.filter(pk=order.pk).update(amount_fen=order.amount_fen * 4)
    rebuild_metrics(now=now)
    assert measure_expectation(now=now) == 3
    found = {row.staff_id: row for row in StaffExpectation.objects.all()}
    added_up = sum(row.realised_fen - row.expected_fen for row in found.values())
    assert abs(added_up) <= 3
    assert found[good.pk].realised_fen - found[good.pk].expected_fen > (
        1.96 * found[good.pk].error_fen
    )
    assert found[few.pk].customers <= 10
    assert expectation_days() == (today - timedelta(days=89), today)
