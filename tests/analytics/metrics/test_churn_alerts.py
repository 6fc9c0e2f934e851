"""The arithmetic of churn alerts: signs, losses, hazards, actions, the budget, the back-test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.metrics import alert_backtest
from analytics.metrics.alert_backtest import Past, Verdict, evaluate, judge, pooled
from analytics.metrics.churn_actions import Action, action_for
from analytics.metrics.churn_alerts import Buyers, top_per_staff
from analytics.metrics.churn_reasons import Reason, Signs, reasons
from analytics.metrics.proportions import difference, share_of
from analytics.metrics.unfriend_hazard import (
    MANY_UNANSWERED,
    NO_TOUCH,
    Cell,
    age_of,
    hazards,
    pressures_of,
)


def test_a_loss_is_the_risk_times_what_she_brings_if_she_is_there():
    found = Buyers(
        gap=np.array([60, 10, 60, 130]),
        usual=np.array([20.0, 20.0, np.nan, 100.0]),
        p_alive=np.array([0.5, 0.9, 0.25, 0.01]),
        value=np.array([10_000.0, 9_000.0, 5_000.0, 100.0]),
    )
    assert found.loss.tolist() == pytest.approx([10_000, 1_000, 15_000, 1_980])
    assert found.has_sign(45).tolist() == [True, False, True, True]
    assert found.is_gone(120).tolist() == [False, False, False, True]


@given(
    arrays(np.int64, 40, elements=st.integers(1, 4)),
    arrays(np.float64, 40, elements=st.floats(0, 100)),
    st.integers(0, 12),
)
def test_no_staff_member_gets_more_than_the_budget_and_each_the_best(staff, score, budget):
    chosen = top_per_staff(staff, score, budget)
    for member in np.unique(staff):
        own = staff == member
        assert np.count_nonzero(chosen & own) == min(budget, np.count_nonzero(own))
        kept, left = score[chosen & own], score[~chosen & own]
        assert not len(kept) or not len(left) or kept.min() >= left.max()


def signs(**overrides):
    values = {"gap_days": 10, "usual_gap_days": 12.0, "purchase_days": 5}
    return Signs(**{**values, "silent_after_days": 45, "is_friend": True, **overrides})


REASONS = {
    "refunds": ({"paid_fen": 1_000, "refunded_fen": 300}, Reason.REFUNDED),
    "hardly a refund": ({"paid_fen": 1_000, "refunded_fen": 299}, None),
    "spends less": ({"spent_fen": 40, "spent_before_fen": 100}, Reason.SPENDING_LESS),
    "spends as before": ({"spent_fen": 50, "spent_before_fen": 100}, None),
    "silence": ({"touches": 2, "is_answered": False}, Reason.UNANSWERED),
    "pressure": ({"touches": 4, "is_answered": False}, Reason.PRESSED),
    "answers": ({"touches": 9, "is_answered": True}, None),
    "left groups": ({"groups_left": 1}, Reason.LEFT_GROUPS),
    "her staff left": ({"has_staff": False}, Reason.STAFF_LEFT),
    "complained": ({"complaints": 1}, Reason.COMPLAINED),
}


@pytest.mark.parametrize(("known", "expected"), REASONS.values(), ids=REASONS)
def test_each_sign_is_a_reason_with_its_numbers(known, expected):
    found = reasons(signs(**known))
    assert [one.reason for one in found] == ([expected] if expected else [])


ACTIONS = {
    "nobody follows her": ({"has_staff": False, "touches": 9, "is_answered": False}, "hand_over"),
    "pressed and refunded": (
        {"touches": 4, "is_answered": False, "refunded_fen": 9, "paid_fen": 9},
        "rest",
    ),
    "refunded and silent": ({"gap_days": 60, "refunded_fen": 9, "paid_fen": 9}, "feedback"),
    "a habit, silent": ({"gap_days": 60}, "coupon"),
    "a habit, late only": ({"gap_days": 40}, "message"),
    "no habit": ({"gap_days": 60, "purchase_days": 2}, "message"),
}


@pytest.mark.parametrize(("known", "expected"), ACTIONS.values(), ids=ACTIONS)
def test_one_action_follows_from_the_first_rule_that_holds(known, expected):
    assert action_for(signs(**known), loss_fen=10_000) == Action(expected)


def test_a_coupon_is_not_given_for_little():
    assert action_for(signs(gap_days=60), loss_fen=9_999) == Action.MESSAGE


def test_a_kind_seen_on_few_is_drawn_towards_everybodys_chance():
    found = hazards([Cell(3, NO_TOUCH, 10_000, 100), Cell(0, MANY_UNANSWERED, 20, 10)])
    overall = 110 / 10_020
    assert found.overall == pytest.approx(overall)
    assert found.of(0, MANY_UNANSWERED) == pytest.approx((10 + 500 * overall) / 520)
    assert found.is_raised[0, MANY_UNANSWERED]
    assert not found.is_raised[3, NO_TOUCH]
    assert not hazards([]).is_raised.any()
    assert age_of([0, 30, 31, 400]).tolist() == [0, 0, 1, 3]
    assert pressures_of([0, 1, 1, 4], [False, True, False, False]).tolist() == [0, 1, 2, 3]


def test_the_difference_of_shares_has_the_published_interval():
    found = difference(share_of(56, 70), share_of(48, 80))
    # Newcombe (1998), method 10; statsmodels 0.15 gives the same.
    assert found == pytest.approx((0.2, 0.05243147240236498, 0.33387265403690614), abs=1e-6)
    assert difference(share_of(0, 0), share_of(1, 2)) is None


def past(**overrides):
    """Two staff members with four customers each; the even ones left."""
    values = {
        "staff": np.array([1, 1, 1, 1, 2, 2, 2, 2]),
        "score": np.array([9.0, 1.0, 8.0, 2.0, 9.0, 1.0, 8.0, 2.0]),
        "simple": np.array([1.0, 9.0, 2.0, 8.0, 1.0, 9.0, 2.0, 3.0]),
        "may": np.ones(8, dtype=bool),
        "stated": np.linspace(0.1, 0.8, 8),
        "money": np.arange(8) * 100.0,
        "left": np.arange(8) % 2 == 0,
    }
    return Past(**{**values, **overrides})


def test_precision_recall_and_lift_against_the_other_ways_of_choosing():
    found = evaluate(past(), budget=2)
    assert (found.customers, found.left, found.money) == (8, 4, 1_200)
    assert (found.ours.chosen, found.ours.hits, found.ours.money) == (4, 4, 1_200)
    assert (found.simple.chosen, found.simple.hits) == (4, 0)
    assert (found.random.chosen, found.random.hits, found.random.money) == (4, 2, 600)
    assert found.recall(found.ours).share == 1
    assert found.lift(found.ours) == 2
    assert [decile.customers for decile in found.deciles] == [1] * 8 + [0] * 2


def test_the_other_ways_choose_as_many_as_ours():
    found = evaluate(past(may=np.arange(8) < 3), budget=2)
    assert found.ours.chosen == found.simple.chosen == found.random.chosen == 2
    nobody = evaluate(past(may=np.zeros(8, dtype=bool)), budget=2)
    assert (nobody.ours.rate, nobody.lift(nobody.ours)) == (None, None)


def test_days_add_up_and_survive_being_stored():
    from dataclasses import asdict

    one = evaluate(past(), budget=1)
    assert alert_backtest.from_json(asdict(one)) == one
    both = pooled([one, one])
    assert (both.left, both.ours.hits, both.deciles[0].customers) == (8, 4, 2)


def many(*, right, of=200):
    """Two hundred customers of one staff member, a hundred chosen each way."""
    place = np.arange(of)
    left = (place < right) | ((place >= of // 2) & (place < of // 2 + 50))
    return Past(
        staff=np.ones(of, dtype=np.int64),
        score=-place.astype(float),
        simple=place.astype(float),
        may=np.ones(of, dtype=bool),
        stated=np.full(of, 0.5),
        money=np.ones(of),
        left=left,
    )


@pytest.mark.parametrize(
    ("right", "verdict", "wins"),
    [(90, Verdict.BETTER, 1), (52, Verdict.NO_BETTER, 1), (10, Verdict.WORSE, 0)],
)
def test_the_verdict_is_honest(right, verdict, wins):
    found = judge([evaluate(many(right=right), budget=100)])
    assert (found.precision, found.days_with_more_money) == (verdict, wins)
    assert judge([evaluate(many(right=right), budget=40)]).precision == Verdict.TOO_FEW
