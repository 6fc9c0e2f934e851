"""One table of cases; the SQL twin is held against the rule in test_lifecycle.py."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from contacts.models import LifecycleTransition, LostKind, Stage
from contacts.rules.lifecycle import LifecycleFacts, Reason, Thresholds, decide

TODAY = date(2026, 3, 10)
LIMITS = Thresholds(silent_after_days=45, lost_after_days=120)


@pytest.mark.parametrize(
    ("is_friend", "friend_days", "order_days", "last_order_days", "stage", "kind", "reason"),
    [
        (True, 0, 0, None, "new", "", "never_bought"),
        (True, 45, 0, None, "new", "", "never_bought"),
        (True, 46, 0, None, "silent", "", "silent_since_added"),
        (True, 121, 0, None, "lost", "inactive", "gone_since_added"),
        (True, 400, 1, 45, "first", "", "one_purchase_day"),
        (True, 400, 2, 45, "repeat", "", "several_purchase_days"),
        (True, 400, 2, 46, "silent", "", "silent_since_order"),
        (True, 400, 2, 120, "silent", "", "silent_since_order"),
        (True, 400, 9, 121, "lost", "inactive", "gone_since_order"),
        (False, 400, 9, 1, "lost", "unfriended", "unfriended"),
        (False, 1, 0, None, "lost", "unfriended", "unfriended"),
    ],
)
def test_the_gap_and_the_friendship_decide(
    is_friend, friend_days, order_days, last_order_days, stage, kind, reason
):
    last = None if last_order_days is None else TODAY - timedelta(days=last_order_days)
    facts = LifecycleFacts(is_friend, TODAY - timedelta(days=friend_days), order_days, last)
    verdict = decide(facts, LIMITS, TODAY)
    assert (verdict.stage, verdict.lost_kind, verdict.reason) == (stage, kind, reason)


def test_an_order_dated_tomorrow_makes_no_negative_gap():
    facts = LifecycleFacts(True, TODAY, 1, TODAY + timedelta(days=1))
    assert decide(facts, LIMITS, TODAY).gap_days == 0


def test_the_rule_and_the_columns_use_the_same_words():
    longest = LifecycleTransition._meta.get_field("reason").max_length
    assert all(len(reason) <= longest for reason in Reason)
    assert set(Stage.values) == {"new", "first", "repeat", "silent", "lost"}
    assert set(LostKind.values) == {"", "inactive", "unfriended"}
