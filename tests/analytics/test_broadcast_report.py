"""What a broadcast brought, read from the ledgers, against the same worked out row by row."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection

from analytics.metrics.moments import Moments
from analytics.metrics.uplift import Verdict, uplift
from analytics.models import BroadcastEffect
from analytics.selectors.broadcast_effects import finished_broadcasts, row_of
from analytics.selectors.broadcast_report import report, span_of
from analytics.selectors.kept_reports import shown_report
from analytics.selectors.standing_holdout import shown_whole_effect, whole_effect
from analytics.services.broadcast_effects import (
    measure,
    measure_broadcasts,
    measure_standing,
    set_cost,
)
from broadcasts.models import GroupRecipient, PolicySettings
from broadcasts.policy.holdout import bucket
from contacts.models import Order
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests import build
from tests.analytics.building import NOW, contacts
from tests.analytics.effect_rows import (
    FIXED,
    bought,
    clicked,
    forecast_of,
    left,
    recipients,
    sent,
)
from tests.broadcasts import rows as broadcast_rows
from tests.contacts import rows

pytestmark = pytest.mark.django_db


def read(made, *, days=14, now=NOW):
    return report(made, days=days, now=now)


def test_the_funnel_counts_people_by_step_and_money_net_of_refunds():
    made = sent()
    clicked(made, made.people[:3])
    bought(made.people[:2], fen=5_000, refunded_fen=2_000)
    bought(made.people[:1], after=3)
    bought(made.people[5:6], after=20)
    left(made, made.people[7])
    found = read(made).funnel
    assert (found.planned, found.executed, found.delivered, found.clickers) == (20, 20, 20, 3)
    assert (found.buyers, found.orders, found.net_fen, found.unfriended) == (2, 3, 16_000, 1)


def test_without_a_tracked_link_clicks_are_not_known():
    assert read(sent()).funnel.clickers is None


def test_orders_from_before_the_message_are_not_its_doing():
    made = sent()
    bought(made.people, after=-1)
    assert read(made).funnel.orders == 0


def test_the_window_is_as_long_as_asked():
    made = sent()
    bought(made.people[:1], after=2)
    bought(made.people[1:3], after=10)
    assert [read(made, days=days).funnel.buyers for days in (3, 14)] == [1, 3]


def test_the_arms_are_those_of_the_draw_with_zeros_and_earlier_spending():
    made = sent(treated=30, held=10)
    random = np.random.default_rng(4)
    spent = {person.pk: [0.0, 0.0] for person in made.people + made.kept}
    for person in [*made.people[:12], *made.kept[:4]]:
        for place, after in ((0, 2), (1, -20)):
            fen = int(random.integers(1_000, 9_000))
            bought([person], after=after, fen=fen)
            spent[person.pk][place] += fen
    arms = read(made).arms
    for found, people in ((arms.treated, made.people), (arms.held, made.kept)):
        y, x = zip(*(spent[person.pk] for person in people), strict=True)
        by_hand = Moments.of(y, x)
        for name in ("n", "mean", "squares", "x_mean", "x_squares", "products", "events"):
            assert getattr(found["revenue"], name) == pytest.approx(getattr(by_hand, name)), name
        assert found["orders"].mean == pytest.approx(np.mean(np.array(y) > 0))


def test_who_was_not_reached_still_counts_where_she_was_drawn():
    made = sent(treated=20, held=10)
    unreached = contacts(5)
    made.chosen = 25
    made.save()
    batch = made.batches.get()

    recipients(made, unreached, state="chosen", batch=batch, staff=made.member)
    bought(unreached)
    found = read(made)
    assert found.arms.treated["orders"].mean == pytest.approx(5 / 25)
    assert found.funnel.buyers == 0


def test_a_giant_order_counts_up_to_the_cap():
    made = sent(treated=300, held=100)
    bought([*made.people[:120], *made.kept[:40]], fen=1_000)
    bought(made.people[200:201], fen=50_000_000)
    found = read(made)
    assert found.arms.cap_fen == 1_000
    assert found.arms.treated["revenue"].mean == pytest.approx(121 * 1_000 / 300)
    assert found.funnel.net_fen == 120 * 1_000 + 50_000_000


def test_the_window_ends_after_the_last_staff_member_sent_and_stays_open_till_then():
    made = sent()
    span = span_of(made, days=14, now=NOW)
    assert span.end == made.reached + timedelta(days=14)
    assert span.is_over
    early = span_of(made, days=14, now=made.reached + timedelta(days=7))
    assert (early.is_over, round(early.elapsed, 1)) == (False, 0.5)


def test_a_draft_has_no_report():
    with pytest.raises(ValueError, match="never fixed"):
        read(broadcast_rows.broadcast(state="draft", scheduled_at=None))


def test_versions_have_figures_of_their_own():
    made = sent(treated=40, held=0, letters="AB")
    bought(made.people[0:10:2])
    bought(made.people[1:4:2])
    clicked(made, made.people[0:4:2], letter="A")
    found = read(made)
    assert {letter: part.buyers for letter, part in found.versions.items()} == {"A": 5, "B": 2}
    assert (found.versions["A"].clickers, found.versions["B"].clickers) == (2, None)
    assert found.arms.by_version["A"]["ordered"].mean == pytest.approx(5 / 20)
    assert found.arms.by_version["B"]["revenue"].n == 20


def test_the_curve_adds_up_day_by_day():
    made = sent(treated=20, held=10)
    bought(made.people[:2], after=1)
    bought(made.kept[:1], after=2)
    rows_ = read(made).course
    assert [row[1] for row in rows_[:3]] == [0, 1_000, 1_000]
    assert rows_[2][2] == 1_000
    assert read(sent(held=0)).course == []


def test_the_report_asks_the_same_few_questions_whatever_the_size(django_assert_num_queries):
    for size in (5, 200):
        made = sent(treated=size, held=5)
        bought(made.people)
        with django_assert_num_queries(10):
            read(made)


def test_groups_are_compared_as_groups():
    member = rows.staff()
    made = sent(
        treated=0, held=0, kind="group", segment=None, group_segment=broadcast_rows.group_segment()
    )
    people = []
    for place in range(6):
        inside = contacts(place + 2)
        people.append(inside)
        chat = broadcast_rows.chat(member, *inside)
        chat.members.update(joined_at=FIXED - timedelta(days=1))
        state = {"state": "held_out"}
        if place % 2 == 0:
            batch = made.batches.create(staff=member, seq=place, size=1)
            state = {"state": "chosen", "batch": batch, "staff": member}
        GroupRecipient.objects.create(broadcast=made, group=chat, chat_id=chat.chat_id, **state)
    bought(people[0][:1] + people[2][:2])
    arms = read(made).arms
    assert (arms.treated["revenue"].n, arms.held["revenue"].n) == (3, 3)
    assert (arms.people, arms.held_people) == (2 + 4 + 6, 3 + 5 + 7)
    assert arms.treated["revenue"].mean == pytest.approx(30_000 / 12)
    assert arms.treated["orders"].events == 2


def test_marketing_as_a_whole_is_compared_with_the_standing_hold_out():
    drawn = NOW - timedelta(days=60)
    assert whole_effect(days=30, now=NOW) is None
    PolicySettings.objects.create(
        standing_percent=20, standing_salt="salt", standing_since=drawn, updated_at=NOW
    )
    everybody = contacts(60)
    held = [person for person in everybody if bucket("salt", person.pk) < 20]
    bought([person for person in everybody if person not in held], after=20)
    bought(everybody, after=-40)
    found = whole_effect(days=30, now=NOW)
    assert (found.people, found.revenue.held) == (60 - len(held), len(held))
    assert (found.revenue.treated_mean, found.revenue.held_mean) == (10_000, 0)
    assert found.start == NOW - timedelta(days=30)
    assert whole_effect(days=365, now=NOW).start == drawn


def test_the_effect_of_all_marketing_on_many_customers_is_as_the_clock_measured_it():
    drawn = NOW - timedelta(days=60)
    PolicySettings.objects.create(
        standing_percent=20, standing_salt="salt", standing_since=drawn, updated_at=NOW
    )
    assert measure_standing(now=NOW) == 0
    many = """INSERT INTO contacts_contact (external_userid, name, kind, gender, avatar, corp_name,
        position, unionid, phone, profile, relation, first_followed_at, stage, stage_since,
        lost_kind, content_hash)
        SELECT 'many-' || i, '', 1, 0, '', '', '', '', '', '{}', 'friend', %s, 'new', %s, '', ''
        FROM generate_series(1, 20001) i"""
    with connection.cursor() as cursor:
        cursor.execute(many, [drawn - timedelta(days=9)] * 2)
    bought(contacts(3), after=20)
    assert shown_whole_effect(days=30, now=NOW) is None
    assert measure_standing(now=NOW) == 3
    assert measure_standing(now=NOW + timedelta(minutes=5)) == 0
    assert shown_whole_effect(days=30, now=NOW) == whole_effect(days=30, now=NOW)
    PolicySettings.objects.update(standing_since=NOW)
    assert shown_whole_effect(days=30, now=NOW) is None


def test_incremental_ltv_is_what_came_and_what_is_expected():
    made = sent(treated=30, held=20)
    assert read(made).worth is None
    bought(made.people[:12], after=2, fen=5_000)
    # After the window, but before now: no forecast holds it.
    bought(made.people[12:14], after=25, fen=5_000)
    bought(made.kept[:4], after=2, fen=5_000)
    bought(made.kept[:4], after=-20, fen=3_000)
    forecast_of([*made.people[:12], *made.kept[:6]], 7_000)
    worth = read(made).worth
    by_hand = Moments.of([12_000] * 12 + [5_000] * 2 + [0] * 16)
    for name in ("n", "mean", "squares", "events"):
        assert getattr(worth.treated, name) == pytest.approx(getattr(by_hand, name)), name
    held = Moments.of([12_000] * 4 + [7_000] * 2 + [0] * 14, [3_000] * 4 + [0] * 16)
    for name in ("mean", "squares", "x_mean", "x_squares", "products"):
        assert getattr(worth.held, name) == pytest.approx(getattr(held, name)), name


def test_a_large_broadcast_is_shown_as_the_clock_measured_it():
    made = sent(treated=40, held=20, letters="AB")
    bought([*made.people[:20], *made.kept[:5]])
    clicked(made, made.people[:3], letter="A")
    forecast_of(made.people[:20], 7_000)
    assert shown_report(made, days=7, now=NOW) == read(made, days=7)
    made.chosen = 30_000
    made.save()
    assert shown_report(made, days=7, now=NOW) is None
    measure_broadcasts(now=NOW)
    later = NOW + timedelta(minutes=5)
    for days in (3, 7, 14, 30):
        assert shown_report(made, days=days, now=later) == read(made, days=days)


def test_measuring_writes_what_the_report_says_and_is_safe_to_repeat():
    made = sent(treated=400, held=200)
    bought([*made.people[:200], *made.kept[:20]])
    assert measure_broadcasts(now=NOW) == 1
    assert measure_broadcasts(now=NOW) == 0
    row = row_of(finished_broadcasts(build.operator()).get())
    assert row.effect.net_fen == 2_000_000
    found = read(made).arms
    assert row.revenue == uplift(found.treated["revenue"], found.held["revenue"])
    assert row.revenue.verdict is Verdict.MORE
    assert row.revenue.total(400)[0] == pytest.approx(400 * (5_000 - 1_000))


def test_a_refund_after_the_measuring_is_found_the_next_day():
    made = sent()
    bought(made.people[:1])
    measure(made, now=NOW)
    Order.objects.update(refunded_fen=4_000)
    assert measure_broadcasts(now=NOW + timedelta(hours=23)) == 0
    assert measure_broadcasts(now=NOW + timedelta(days=1)) == 1
    assert BroadcastEffect.objects.get().net_fen == 6_000


def test_steps_of_journeys_and_broadcasts_under_way_are_not_listed():
    sent(origin="journey")
    sent(state="waiting", finished_at=None)
    assert measure_broadcasts(now=NOW) == 1
    assert not finished_broadcasts(build.operator()).exists()


def test_roi_is_of_what_was_added_and_says_when_it_is_only_attributed():
    operator = build.operator()
    for held in (200, 0):
        made = sent(treated=400, held=held)
        bought([*made.people[:200], *made.kept[:20]])
        measure(made, now=NOW)
        set_cost(broadcast=made, amount_fen=400_000, margin_percent=50, operator=operator, now=NOW)
    attributed, randomised = [row_of(one).back for one in finished_broadcasts(operator)[:2]]
    assert attributed.is_attributed
    assert attributed.roi == pytest.approx((2_000_000 * 0.5 - 400_000) / 400_000)
    assert not randomised.is_attributed
    assert randomised.roi == pytest.approx((1_600_000 * 0.5 - 400_000) / 400_000)
    assert randomised.low < randomised.roi < randomised.high


def test_a_cost_can_be_taken_out_again_and_both_are_in_the_log():
    made, operator = sent(), build.operator()
    for fen in (100, None):
        set_cost(broadcast=made, amount_fen=fen, margin_percent=100, operator=operator, now=NOW)
    assert not hasattr(type(made).objects.get(pk=made.pk), "cost")
    assert AuditEntry.objects.filter(action="broadcast.set_cost").count() == 2


@pytest.mark.parametrize(("fen", "margin", "field"), [(0, 50, "amount"), (1, 0, "margin")])
def test_impossible_costs_are_refused(fen, margin, field):
    with pytest.raises(InvalidInput) as caught:
        set_cost(
            broadcast=sent(),
            amount_fen=fen,
            margin_percent=margin,
            operator=build.operator(),
            now=NOW,
        )
    assert caught.value.field == field
