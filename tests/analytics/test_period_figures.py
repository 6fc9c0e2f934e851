"""What the figures of a period add up to."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from analytics.board.datasets import DATASETS
from analytics.board.figures import Figures
from analytics.periods import Period, asked_period
from analytics.selectors import rfm_grid, rfm_past
from analytics.selectors.period_sums import period_sums
from analytics.selectors.profile import rfm_cuts
from analytics.selectors.scope import EVERYBODY
from analytics.services.refresh import rebuild_metrics
from analytics.services.renewal import renew
from contacts.models import Follow, LifecycleTransition, Staff
from tests.analytics.building import NOW, TODAY, contacts, follow, order, orders, shop

pytestmark = pytest.mark.django_db

JUNE = Period(date(2026, 6, 1), date(2026, 6, 30))


def test_the_sums_of_a_past_period_know_nothing_of_what_came_after():
    early, both, late = contacts(3)
    orders(
        order(early, date(2026, 5, 20), 10_000),
        order(early, date(2026, 6, 10), 4_000, refunded_fen=1_000),
        order(both, date(2026, 6, 1), 2_000),
        order(both, date(2026, 6, 1), 500),
        order(both, date(2026, 6, 30), 1_500),
        order(both, date(2026, 7, 1), 70_000),
        order(late, date(2026, 7, 2), 9_000),
        order(None, date(2026, 6, 2), 99_000),
    )
    rebuild_metrics(now=NOW)
    sums = period_sums(EVERYBODY, JUNE, now=NOW)
    total = sums.total
    assert (total.net_fen, total.refunded_fen, total.orders, total.purchases) == (
        7_000,
        1_000,
        4,
        3,
    )
    assert (total.first, total.second, total.first_fen) == (1, 2, 2_500)
    assert (sums.buyers, sums.repeaters, sums.returning) == (2, 1, 1)
    assert (sums.buyers_until_end, sums.repeaters_until_end) == (2, 2)
    assert sums.net_until_end_fen == 17_000
    assert sums.ltv_fen == 8_500
    assert sums.ltv_course[-1] == 8_500
    assert sums.ltv_course[0] == (10_000 + 2_500) / 2
    assert sums.repurchase_rate == 0.5


def test_a_period_knows_who_was_added_who_left_and_who_moved():
    anna = Staff.objects.create(userid="anna", name="Anna")
    old, gone, removed, new = contacts(4)
    new.first_followed_at = JUNE.start + timedelta(days=3)
    new.save()
    type(gone).objects.filter(pk=gone.pk).update(
        relation="lost", lost_at=JUNE.start + timedelta(days=9)
    )
    follow(anna, old)
    follow(anna, new, added_at=new.first_followed_at)
    ended = {"ended_at": JUNE.start + timedelta(days=9)}
    follow(anna, gone, status=Follow.Status.DELETED_BY_CONTACT, **ended)
    follow(anna, removed, status=Follow.Status.DELETED_BY_STAFF, **ended)
    LifecycleTransition.objects.create(
        contact=old, from_stage="first", to_stage="silent", at=JUNE.end - timedelta(hours=1)
    )
    LifecycleTransition.objects.create(
        contact=old, from_stage="silent", to_stage="repeat", at=JUNE.end
    )
    sums = period_sums(EVERYBODY, JUNE, now=NOW)
    assert (sums.total.added, sums.total.lost, sums.total.unfriended) == (1, 1, 1)
    assert sums.relations_at_start == 3
    assert sums.moves == {("first", "silent"): 1, ("", "new"): 1}
    assert sums.days[date(2026, 6, 4)].added == 1


def test_every_course_adds_up_to_the_ledger_to_the_fen():
    ledger = shop(60)
    rebuild_metrics(now=NOW)
    for days in (1, 30, 90, 365):
        asked = asked_period({"compare": "previous"}, today=TODAY, default_days=days)
        figures = Figures(now=NOW, asked=asked)
        paid = [row for row in ledger if row.paid_on in asked.period]
        revenue, stacked = (
            DATASETS[key](figures) for key in ("period-revenue", "new-and-returning")
        )
        net = sum(row.net_fen for row in paid)
        assert sum(row[1] or 0 for row in revenue.rows) == net
        assert sum(row[1] + row[2] for row in stacked.rows) == net
        assert figures.current.buyers == len({row.contact_id for row in paid})
        assert figures.before is not None
        # What was there at the end of the one is where the other begins.
        before = figures.before.net_until_end_fen
        assert before + net == figures.current.net_until_end_fen == sum(r.net_fen for r in ledger)


def test_the_grid_of_a_past_day_knows_the_orders_until_then_by_the_limits_of_today():
    ledger = shop(60)
    renew(now=NOW)
    assert rfm_past.grid_on(EVERYBODY, TODAY) == rfm_grid.grid(EVERYBODY, today=TODAY)
    day = TODAY - timedelta(days=200)
    cells = {(cell.recency, cell.frequency): cell for cell in rfm_past.grid_on(EVERYBODY, day)}
    cuts = rfm_cuts()
    assert cuts is not None
    until = [row for row in ledger if row.paid_on <= day]
    buyers = {}
    for row in until:
        buyers.setdefault(row.contact_id, set()).add(row.paid_on)
    counted = Counter(
        (
            5 - sum((day - max(paid)).days > cut for cut in cuts.recency_days),
            1 + sum(len(paid) > cut for cut in cuts.frequency),
        )
        for paid in buyers.values()
    )
    assert {key: cell.buyers for key, cell in cells.items() if cell.buyers} == counted
    assert sum(cell.net_fen for cell in cells.values()) == sum(row.net_fen for row in until)
    # A page shows that of the last day of its period, and leads to customers of today only.
    asked = asked_period({"from": "2025-10-01", "to": f"{day}", "compare": "year"}, today=TODAY)
    figures = Figures(now=NOW, asked=asked)
    assert figures.rfm == [*cells.values()]
    grid, groups = (DATASETS[key](figures) for key in ("rfm-grid", "rfm-groups"))
    assert not grid.links
    assert not groups.links
    assert f"{day}" in str(grid.note)
    assert sum(row[1] for row in groups.rows) == len(buyers)
    assert sum(row[2] for row in groups.rows) == 0
