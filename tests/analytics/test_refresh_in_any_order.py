"""Whatever happens to the ledger, and however it is cut into refreshes: the sums are the ledger's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.models import ContactMetrics, CustomerMonth, MetricsRun
from analytics.selectors import cohorts
from analytics.selectors.today import Today
from analytics.services.refresh import rebuild_metrics, refresh_metrics
from contacts.models import Order, OrderEntry
from contacts.rules.order_lines import OrderLine, RefundLine
from contacts.services.order_booking import book_orders
from contacts.services.order_refunds import book_refunds
from contacts.services.orders import match_waiting_orders
from tests.analytics.building import NOW, TODAY, contacts, order, orders

pytestmark = pytest.mark.django_db

PEOPLE = 4
WHO = st.integers(0, PEOPLE)  # the last one is a stranger who becomes a friend
WHICH = st.integers(0, 14)
STEPS = st.one_of(
    st.tuples(
        st.just("order"), WHICH, WHO, st.dates(date(2025, 11, 1), TODAY), st.integers(0, 9_999)
    ),
    st.tuples(st.just("refund"), WHICH, st.integers(1, 5_000)),
    st.tuples(st.just("merge"), WHO, WHO),
    st.tuples(st.just("delete"), WHICH),
    st.tuples(st.just("befriend")),
    st.tuples(st.just("refresh")),
    st.tuples(st.just("rebuild")),
)


class World:
    def __init__(self):
        self.people = contacts(PEOPLE)
        for person in self.people:
            person.unionid = f"union-{person.pk}"
            person.save(update_fields=["unionid"])
        self.stranger = f"stranger-{self.people[0].pk}"
        self.names = [person.unionid for person in self.people] + [self.stranger]
        self.prefix = self.people[0].pk
        self.now = NOW

    def number(self, which):
        return f"{self.prefix}-{which}"

    def order(self, which, who, day, fen):
        known = Order.objects.filter(external_id=self.number(which)).first()
        line = OrderLine(
            line=1,
            order_id=self.number(which),
            buyer_ref="",
            unionid=self.names[who],
            phone="",
            paid_at=datetime.combine(day, time(4), UTC),
            paid_on=day,
            amount_fen=max(fen, known.refunded_fen) if known else fen,
            refunded_fen=None,
            sku="",
            product="",
            quantity=1,
        )
        book_orders(lines=[line], source="s", now=self.now, origin=OrderEntry.Origin.API)

    def refund(self, which, fen):
        line = RefundLine(1, self.number(which), f"{self.now.isoformat()}", fen)
        book_refunds(lines=[line], source="s", now=self.now, origin=OrderEntry.Origin.API)

    def merge(self, one, other):
        """Two customers were one person: the orders of one become the other's."""
        ids = [person.pk for person in self.people]
        if max(one, other) < len(ids):
            Order.objects.filter(contact=ids[one]).update(contact=ids[other])

    def delete(self, which):
        """An order without a ledger comes, is seen by the figures, and is removed by hand."""
        (row,) = orders(order(self.people[which % PEOPLE], TODAY - timedelta(days=which)))
        self.refresh()
        Order.objects.filter(pk=row.pk).delete()

    def befriend(self):
        if len(self.people) == PEOPLE:
            self.people += contacts(1, unionid=self.stranger)
            match_waiting_orders(now=self.now, contact_ids=[self.people[-1].pk])

    def refresh(self):
        refresh_metrics(now=self.now)

    def rebuild(self):
        assert rebuild_metrics(now=self.now).differences == 0


def sums():
    skipped = {"computed_at", "predicted_at"}
    names = [f.attname for f in ContactMetrics._meta.fields if f.name not in skipped]
    months = [f.attname for f in CustomerMonth._meta.fields if f.name != "pk"]
    return (
        sorted(ContactMetrics.objects.values_list(*names)),
        sorted(CustomerMonth.objects.values_list(*months)),
    )


def check_totals():
    """Every total of the pages is the sum of the ledger's entries."""
    known = OrderEntry.objects.filter(order__contact__isnull=False)
    net = known.aggregate(fen=Sum("amount_fen", default=0))["fen"]
    waiting = OrderEntry.objects.filter(order__contact=None).aggregate(
        fen=Sum("amount_fen", default=0)
    )["fen"]
    refunds = known.filter(kind="refund").aggregate(fen=Sum("amount_fen", default=0))["fen"]
    figures = Today(scope=None, now=NOW)
    seen = figures.overview
    assert (seen.net_fen, seen.refunded_fen, seen.waiting_fen) == (net, -refunds, waiting)
    assert seen.revenue_fen - seen.refunded_fen == net
    assert seen.orders == Order.objects.exclude(contact=None).count()
    assert sum(cell[3] for cell in figures.cells) == net
    assert sum(m.total_fen for m in cohorts.revenue_months(figures.cells, today=TODAY)) == net
    assert sum(c.net_fen for c in cohorts.cohort_values(figures.cells)) == net
    assert CustomerMonth.objects.aggregate(n=Sum("orders", default=0))["n"] == seen.orders
    wrong = ContactMetrics.objects.exclude(net_fen=F("revenue_fen") - F("refunded_fen"))
    assert not wrong.exists()


@settings(
    max_examples=8,
    deadline=timedelta(seconds=20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=6, max_size=25))
def test_refreshing_in_any_order_gives_what_a_rebuild_gives(steps):
    MetricsRun.objects.all().delete()
    world = World()
    world.refresh()
    for name, *details in steps:
        world.now += timedelta(minutes=1)
        getattr(world, name)(*details)
    world.refresh()
    kept = sums()
    again = rebuild_metrics(now=world.now)
    assert (again.changed, again.differences) == (0, 0)
    assert sums() == kept
    check_totals()
