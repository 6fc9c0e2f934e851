"""Tags that a segment keeps true: on entry, on exit, and never what others put on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from contacts.models import ContactTag, TagJob, TagRule, TagRuleMark, TagRuleRun
from contacts.services.facts import refresh_facts
from contacts.services.segments import SegmentInUse, archive_segment, create_segment, update_segment
from contacts.services.tag_jobs import start_tag_job
from contacts.services.tag_rules import (
    EVERY,
    delete_rule,
    hand_out_due_rules,
    pause_rule,
    run_rule,
    set_rule,
)
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.contacts.tag_rows import carried, corp_tags, friends, in_wecom, internal, work

pytestmark = pytest.mark.django_db

BUYERS = {"field": "order.count", "op": ">=", "value": 1}


@pytest.fixture
def buyers(operator):
    return create_segment(name="Buyers", rule=BUYERS, now=NOW, operator=operator)


def keep(tag, segment, operator):
    return set_rule(tag=tag, segment=segment, operator=operator, now=NOW)


def run(rule, *, at=NOW, seconds=60):
    """A run by a worker, and the jobs it ordered."""
    TagRule.objects.filter(pk=rule.pk).update(due_at=at)
    found = run_rule(rule_id=rule.pk, clock=lambda: at, until=at + timedelta(seconds=seconds))
    for job in TagJob.objects.filter(finished_at__isnull=True):
        work(job, at=at)
    rule.refresh_from_db()
    return found


def buys(person):
    order = rows.order(person)
    refresh_facts(contact_ids=[person.pk])
    return order


def returns(order):
    person = order.contact
    type(order).objects.filter(pk=order.pk).update(contact=None)
    refresh_facts(contact_ids=[person.pk])


@pytest.mark.django_db(transaction=True)
def test_an_internal_tag_comes_with_the_segment_and_goes_with_it(operator, buyers):
    tag = internal("Buyer")
    amy, ben = rows.contact(), rows.contact()
    refresh_facts(contact_ids=[amy.pk, ben.pk])
    bought = buys(amy)
    rule = keep(tag, buyers, operator)
    first = run(rule)
    assert (first.entered, first.left) == (1, 0)
    assert (carried(amy), carried(ben)) == ({tag.pk}, set())
    returns(bought)
    second = run(rule, at=NOW + EVERY)
    assert (second.entered, second.left) == (0, 1)
    assert carried(amy) == set()
    kinds = amy.timeline.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["tagged", "untagged"]


def test_what_somebody_put_on_by_hand_stays_when_she_leaves(operator, buyers):
    tag = internal("Buyer")
    amy = rows.contact()
    refresh_facts(contact_ids=[amy.pk])
    work(start_tag_job(contact_ids=[amy.pk], add_tag_ids=[tag.pk], operator=operator, now=NOW))
    bought = buys(amy)
    rule = keep(tag, buyers, operator)
    assert run(rule) is None
    returns(bought)
    assert run(rule) is None
    assert carried(amy) == {tag.pk}


def test_what_somebody_took_off_by_hand_comes_back_while_she_is_in(operator, buyers):
    tag = internal("Buyer")
    amy = rows.contact()
    buys(amy)
    rule = keep(tag, buyers, operator)
    run(rule)
    ContactTag.objects.all().delete()
    assert run(rule).entered == 1
    assert TagRuleMark.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_wecom_tag_is_kept_on_every_relation_by_jobs(corp, operator, buyers):
    (tag,) = corp_tags(corp, "buyer")
    (amy,) = friends(corp, 1, staff=("alice", "bob"))
    bought = buys(amy)
    rule = keep(tag, buyers, operator)
    assert run(rule).entered == 1
    assert in_wecom(corp, amy) == {"alice": {tag.tag_id}, "bob": {tag.tag_id}}
    assert run(rule) is None
    returns(bought)
    assert run(rule).left == 1
    assert in_wecom(corp, amy) == {"alice": set(), "bob": set()}
    assert not TagRuleMark.objects.exists()


def test_a_wecom_tag_that_staff_put_on_stays_on_that_relation(corp, operator, buyers):
    (tag,) = corp_tags(corp, "buyer")
    (amy,) = friends(corp, 1, staff=("alice", "bob"))
    bob = amy.follows.get(staff__userid="bob").staff_id
    by_hand = {"contact_ids": [amy.pk], "add_tag_ids": [tag.pk], "staff_ids": [bob]}
    work(start_tag_job(**by_hand, operator=operator, now=NOW))
    bought = buys(amy)
    rule = keep(tag, buyers, operator)
    run(rule)
    returns(bought)
    run(rule)
    assert in_wecom(corp, amy) == {"alice": set(), "bob": {tag.tag_id}}


def test_a_relation_that_failed_is_left_alone_for_a_day(corp, operator, buyers):
    (tag,) = corp_tags(corp, "buyer")
    (amy,) = friends(corp, 1)
    corp.state.unfollow_by_staff("alice", amy.external_userid)
    buys(amy)
    rule = keep(tag, buyers, operator)
    assert run(rule).entered == 1
    assert run(rule, at=NOW + timedelta(hours=1)) is None
    assert run(rule, at=NOW + timedelta(days=2)).entered == 1


def test_a_rule_does_not_order_twice_while_a_job_runs(corp, operator, buyers):
    (tag,) = corp_tags(corp, "buyer")
    (amy,) = friends(corp, 1)
    buys(amy)
    rule = keep(tag, buyers, operator)
    soon = NOW + timedelta(seconds=60)
    assert run_rule(rule_id=rule.pk, clock=lambda: NOW, until=soon).entered == 1
    TagRule.objects.update(due_at=NOW)
    assert run_rule(rule_id=rule.pk, clock=lambda: NOW, until=soon) is None
    assert TagJob.objects.count() == 1


def test_a_run_out_of_time_is_due_again_at_once(operator, buyers):
    tag = internal("Buyer")
    amy = rows.contact()
    buys(amy)
    rule = keep(tag, buyers, operator)
    assert run(rule, seconds=0) is None
    assert rule.due_at == NOW
    assert run(rule).entered == 1
    assert rule.due_at == NOW + EVERY


def test_a_paused_rule_does_nothing_until_it_goes_on(operator, buyers):
    rule = keep(internal("Buyer"), buyers, operator)
    buys(rows.contact())
    pause_rule(rule=rule, is_paused=True, operator=operator, now=NOW)
    assert hand_out_due_rules(now=NOW) == 0
    assert run(rule) is None
    pause_rule(rule=rule, is_paused=False, operator=operator, now=NOW)
    assert hand_out_due_rules(now=NOW) == 1
    assert run(rule).entered == 1


def test_deleting_a_rule_leaves_the_tags(operator, buyers):
    tag = internal("Buyer")
    amy = rows.contact()
    buys(amy)
    rule = keep(tag, buyers, operator)
    run(rule)
    delete_rule(rule=rule, operator=operator, now=NOW)
    assert carried(amy) == {tag.pk}
    assert not TagRuleRun.objects.exists()
    last = AuditEntry.objects.order_by("id").last()
    assert (last.action, last.subject_id) == ("tag.delete_rule", str(tag.pk))


def segment_asking_for(tag, operator, op="any"):
    value = {"value": [tag.pk]} if op == "any" else {}
    return create_segment(
        name=f"{op} {tag}", rule={"field": "tag", "op": op, **value}, now=NOW, operator=operator
    )


def test_a_tag_cannot_be_kept_by_a_segment_that_asks_for_it(operator):
    one, two = internal("One"), internal("Two")
    with pytest.raises(InvalidInput):
        keep(one, segment_asking_for(one, operator), operator)
    keep(one, segment_asking_for(two, operator), operator)
    with pytest.raises(InvalidInput):  # by way of the other rule
        keep(two, create_segment_asking_both(one, operator), operator)
    with pytest.raises(InvalidInput):
        keep(two, segment_asking_for(two, operator, op="empty"), operator)


def test_a_circle_through_nested_segments_is_refused_with_its_way(operator, buyers):
    gold, silver = internal("Gold"), internal("Silver")
    inner = segment_asking_for(silver, operator)
    within = {"all": [BUYERS, {"field": "segment", "op": "none", "value": [inner.pk]}]}
    outer = create_segment(name="Outer", rule=within, now=NOW, operator=operator)
    keep(silver, segment_asking_for(gold, operator), operator)
    with translation.override("en"), pytest.raises(InvalidInput) as refused:
        keep(gold, outer, operator)
    assert str(refused.value) == (
        "The tag would depend on itself: tag “Gold” → segment “Outer” → segment “any Silver” → "
        "tag “Silver” → segment “any Gold” → tag “Gold”."
    )
    assert not TagRule.objects.filter(tag=gold).exists()
    keep(gold, buyers, operator)


def test_a_count_of_tags_is_changed_by_any_tag(operator):
    rule = {"field": "tag.count", "op": "<", "value": 3}
    few = create_segment(name="Few tags", rule=rule, now=NOW, operator=operator)
    with pytest.raises(InvalidInput):
        keep(internal("Unknown"), few, operator)


def create_segment_asking_both(tag, operator):
    rule = {"all": [BUYERS, {"not": {"field": "tag", "op": "any", "value": [tag.pk]}}]}
    return create_segment(name="Circle", rule=rule, now=NOW, operator=operator)


def test_a_circle_made_later_stops_the_rule_and_says_so(operator, buyers):
    tag = internal("Buyer")
    rule = keep(tag, buyers, operator)
    update_segment(
        segment_id=buyers.pk,
        version=1,
        name="Buyers",
        rule={"field": "tag", "op": "none", "value": [tag.pk]},
        now=NOW,
        operator=operator,
    )
    buys(rows.contact())
    assert run(rule) is None
    assert rule.problem == "circular"


def test_a_segment_that_keeps_a_tag_is_in_use(operator, buyers):
    keep(internal("Buyer"), buyers, operator)
    with pytest.raises(SegmentInUse) as refused:
        archive_segment(segment_id=buyers.pk, now=NOW, operator=operator)
    assert [use.name for use in refused.value.uses] == ["Buyer"]
