"""The SQL form of the lifecycle, its thresholds and its log."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from contacts.models import ContactFacts, LifecycleSettings, LifecycleTransition, Relation
from contacts.rules.lifecycle import LifecycleFacts, Thresholds, decide
from contacts.selectors.lifecycle import explain_stage, judge, thresholds
from contacts.services.facts import rebuild_facts, refresh_facts
from contacts.services.lifecycle import (
    apply_lifecycle,
    learn_thresholds,
    release_thresholds,
    renew_lifecycle,
    set_thresholds,
)
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from scrm.segments.days import business_day
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def a_random_customer(dice):
    followed = NOW - timedelta(hours=dice.randrange(24 * 200))
    lost = {"relation": Relation.LOST, "lost_at": NOW} if dice.random() < 0.2 else {}
    person = rows.contact(first_followed_at=followed, **lost)
    for _ in range(dice.choice([0, 0, 1, 2, 3])):
        rows.order(person, days_ago=dice.choice([1, 44, 45, 46, 119, 120, 121, 300]))
    return person


def test_sql_and_rule_agree_on_random_customers():
    dice = random.Random(20260310)
    people = [a_random_customer(dice) for _ in range(300)]
    rebuild_facts()
    apply_lifecycle(now=NOW)
    limits = Thresholds()
    for person in people:
        person.refresh_from_db()
        facts = ContactFacts.objects.get(pk=person.pk)
        verdict = decide(
            LifecycleFacts(
                person.relation == Relation.FRIEND,
                business_day(person.first_followed_at),
                facts.order_days,
                facts.last_order_on,
            ),
            limits,
            business_day(NOW),
        )
        assert (person.stage, person.lost_kind) == (verdict.stage, verdict.lost_kind)
        assert facts.stage == person.stage
        move = person.transitions.first()
        if move:
            assert (move.to_stage, move.reason, move.gap_days) == (
                verdict.stage,
                verdict.reason,
                verdict.gap_days,
            )


def test_a_change_is_logged_once_with_its_reason():
    person = rows.contact()
    rows.order(person, days_ago=2)
    refresh_facts(contact_ids=[person.pk])
    assert apply_lifecycle(now=NOW, contact_ids=[person.pk]) == 1
    assert apply_lifecycle(now=NOW + timedelta(days=1)) == 0
    move = LifecycleTransition.objects.get()
    assert (move.from_stage, move.to_stage, move.reason, move.gap_days) == (
        "new",
        "first",
        "one_purchase_day",
        2,
    )
    person.refresh_from_db()
    assert person.stage_since == NOW


def test_the_two_kinds_of_loss_are_told_apart():
    person = rows.contact(first_followed_at=NOW - timedelta(days=200))
    refresh_facts(contact_ids=[person.pk])
    apply_lifecycle(now=NOW)
    person.refresh_from_db()
    assert (person.stage, person.lost_kind) == ("lost", "inactive")
    person.relation, person.lost_at = Relation.LOST, NOW
    person.save()
    refresh_facts(contact_ids=[person.pk])
    apply_lifecycle(now=NOW + timedelta(days=1))
    person.refresh_from_db()
    assert (person.stage, person.lost_kind, person.stage_since) == ("lost", "unfriended", NOW)


def test_few_gaps_keep_the_defaults():
    for _ in range(199):
        person = rows.contact()
        rows.order(person, days_ago=10)
        rows.order(person, days_ago=0)
    row = learn_thresholds(now=NOW)
    assert (row.source, row.repeat_gaps) == ("default", 199)
    assert (row.silent_after_days, row.lost_after_days) == (45, 120)


def test_200_gaps_teach_the_quantiles():
    for gap in range(1, 201):
        person = rows.contact()
        rows.order(person, days_ago=gap)
        rows.order(person, days_ago=0)
        rows.order(person, days_ago=0)  # same day: no gap of its own
    row = learn_thresholds(now=NOW)
    assert (row.source, row.repeat_gaps) == ("learned", 200)
    assert (row.silent_after_days, row.lost_after_days) == (160, 190)
    assert thresholds() == Thresholds(160, 190)


def test_thresholds_set_by_hand_stay_until_released(operator):
    person = rows.contact(first_followed_at=NOW - timedelta(days=20))
    refresh_facts(contact_ids=[person.pk])
    set_thresholds(silent_after_days=7, lost_after_days=14, operator=operator, now=NOW)
    person.refresh_from_db()
    assert person.stage == "lost"
    renew_lifecycle(now=NOW)
    assert LifecycleSettings.objects.get().source == "override"
    release_thresholds(operator=operator, now=NOW)
    person.refresh_from_db()
    assert person.stage == "new"
    assert AuditEntry.objects.filter(action__startswith="lifecycle.").count() == 2


def test_lost_before_silent_is_refused(operator):
    with pytest.raises(InvalidInput):
        set_thresholds(silent_after_days=30, lost_after_days=30, operator=operator, now=NOW)


def test_the_stage_is_explained_with_its_numbers():
    person = rows.contact()
    rows.order(person, days_ago=50)
    refresh_facts(contact_ids=[person.pk])
    sentence = explain_stage(person, now=NOW)
    assert "50" in sentence
    assert "45" in sentence
    assert "120" in sentence
    assert judge(ContactFacts.objects.get(), LifecycleSettings(), now=NOW).stage == "silent"
