"""Marking many customers: in WeCom, in our tables, under limits, through failures and kills."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import ContactEvent, ContactTag, Follow, TagJob, TagJobItem
from contacts.services.tag_jobs import (
    cancel_tag_job,
    hand_out_due,
    start_tag_job,
    work_tag_job,
)
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.contacts.tag_rows import carried, corp_tags, friends, in_wecom, internal, on_relations
from tests.contacts.tag_rows import work as carry_on

pytestmark = pytest.mark.django_db


def start(operator, people, **wanted):
    ids = [person.pk for person in people]
    return start_tag_job(contact_ids=ids, operator=operator, now=NOW, **wanted)


def failures(job):
    return sorted(job.failures.values_list("problem", flat=True))


def test_wecom_tags_go_onto_every_active_relation(corp, operator):
    sweet, sour = corp_tags(corp, "sweet", "sour")
    amy, ben = friends(corp, 2, staff=("alice", "bob"))
    job = carry_on(start(operator, [amy, ben], add_tag_ids=[sweet.pk, sour.pk]))
    assert (job.state, job.total, job.done, job.marked) == ("done", 2, 2, 4)
    both = {sweet.tag_id, sour.tag_id}
    assert in_wecom(corp, amy) == {"alice": both, "bob": both}
    assert carried(amy) == carried(ben) == {sweet.pk, sour.pk}
    assert on_relations(sweet) == 4
    told = ContactEvent.objects.filter(contact=amy, kind="tagged")
    assert sorted(event.details["staff"] for event in told) == ["Alice", "Bob"]
    assert told[0].details["tags"] == ["sour", "sweet"]


def test_tags_come_off_again(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    (amy,) = friends(corp, 1)
    carry_on(start(operator, [amy], add_tag_ids=[sweet.pk]))
    job = carry_on(start(operator, [amy], remove_tag_ids=[sweet.pk]))
    assert (job.state, job.marked) == ("done", 1)
    assert in_wecom(corp, amy) == {"alice": set()}
    assert carried(amy) == set()
    assert ContactEvent.objects.filter(contact=amy, kind="untagged").count() == 1


def test_what_is_marked_already_costs_no_call(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    people = friends(corp, 3)
    carry_on(start(operator, people, add_tag_ids=[sweet.pk]))
    before = sum(1 for call in corp.state.calls if "mark_tag" in str(call))
    job = carry_on(start(operator, people, add_tag_ids=[sweet.pk]))
    assert (job.unchanged, job.marked, job.failed) == (3, 0, 0)
    assert sum(1 for call in corp.state.calls if "mark_tag" in str(call)) == before


def test_internal_tags_need_no_wecom_and_no_friend(operator):
    vip = internal("VIP")
    people = [rows.contact() for _ in range(5)]
    job = carry_on(start(operator, people, add_tag_ids=[vip.pk]))
    assert (job.state, job.done, job.marked, job.failed) == ("done", 5, 5, 0)
    assert ContactTag.objects.filter(tag=vip).count() == 5
    assert carried(people[0]) == {vip.pk}
    event = ContactEvent.objects.get(contact=people[0])
    assert event.details == {"tags": ["VIP"], "operator": operator.username}


@pytest.mark.django_db(transaction=True)
def test_a_job_may_mix_both_kinds(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    vip = internal("VIP")
    (amy,) = friends(corp, 1)
    carry_on(start(operator, [amy], add_tag_ids=[sweet.pk, vip.pk]))
    assert carried(amy) == {sweet.pk, vip.pk}


def test_a_segment_can_be_marked(corp, operator):
    vip, gold = internal("VIP"), internal("Gold")
    amy, ben = friends(corp, 2)
    carry_on(start(operator, [amy], add_tag_ids=[vip.pk]))
    rule = {"field": "tag", "op": "any", "value": [vip.pk]}
    job = start_tag_job(segment_rule=rule, add_tag_ids=[gold.pk], operator=operator, now=NOW)
    carry_on(job)
    assert (carried(amy), carried(ben)) == ({vip.pk, gold.pk}, set())


def test_a_customer_without_a_friend_among_staff_is_a_failure_with_its_reason(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    (amy,) = friends(corp, 1)
    stranger = rows.contact()
    job = carry_on(start(operator, [amy, stranger], add_tag_ids=[sweet.pk]))
    assert (job.state, job.done, job.failed) == ("done", 2, 1)
    assert failures(job) == ["no_friend"]


def test_a_relation_that_ended_meanwhile_is_a_failure_and_the_other_is_marked(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    (amy,) = friends(corp, 1, staff=("alice", "bob"))
    corp.state.unfollow_by_staff("bob", amy.external_userid)
    job = carry_on(start(operator, [amy], add_tag_ids=[sweet.pk]))
    failure = job.failures.get()
    assert (job.failed, failure.problem, failure.staff.userid) == (1, "no_relation", "bob")
    assert failure.code == 84061
    assert in_wecom(corp, amy)["alice"] == {sweet.tag_id}


def test_busy_is_tried_again_after_a_moment(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    (amy,) = friends(corp, 1)
    corp.state.faults.add(path="externalcontact/mark_tag", kind="errcode", value=45033, count=1)
    job = carry_on(start(operator, [amy], add_tag_ids=[sweet.pk]))
    assert (job.state, job.done) == ("running", 0)
    job = carry_on(job, at=job.not_before)
    assert (job.state, job.done, job.failed) == ("done", 1, 0)


def test_silence_is_tried_again_because_marking_twice_harms_nobody(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    (amy,) = friends(corp, 1)
    corp.state.faults.add(path="externalcontact/mark_tag", kind="drop_after", count=1)
    job = carry_on(start(operator, [amy], add_tag_ids=[sweet.pk]))
    job = carry_on(job, at=job.not_before)
    assert (job.state, job.marked) == ("done", 1)
    assert carried(amy) == {sweet.pk}


def test_what_stays_busy_is_given_up_with_its_reason(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    (amy,) = friends(corp, 1)
    corp.state.faults.add(path="externalcontact/mark_tag", kind="errcode", value=45033, count=1)
    job = start(operator, [amy], add_tag_ids=[sweet.pk])
    TagJobItem.objects.filter(job=job).update(tries=7)
    job = carry_on(job)
    assert (job.state, failures(job)) == ("done", ["busy"])


def test_over_the_limit_the_job_waits_and_says_so(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    people = friends(corp, 4)
    corp.state.faults.add(path="externalcontact/mark_tag", kind="errcode", value=45009, count=1)
    job = carry_on(start(operator, people, add_tag_ids=[sweet.pk]))
    assert (job.state, job.problem) == ("running", "rate_limited")
    assert job.not_before > NOW
    assert job.failed == 0
    assert hand_out_due(now=NOW) == 0
    assert hand_out_due(now=job.not_before) == 1


def test_a_tag_deleted_in_wecom_stops_the_job(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    people = friends(corp, 3)
    corp.state.delete_tag(sweet.tag_id)
    job = carry_on(start(operator, people, add_tag_ids=[sweet.pk]))
    assert (job.state, job.problem) == ("failed", "tag_gone")


def test_a_tag_deleted_here_stops_the_job(operator):
    vip = internal("VIP")
    job = start(operator, [rows.contact()], add_tag_ids=[vip.pk])
    vip.is_gone = True
    vip.save()
    assert carry_on(job).state == "failed"


def test_what_a_killed_worker_held_is_taken_again(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    people = friends(corp, 3)
    job = start(operator, people, add_tag_ids=[sweet.pk])
    # A worker took all three and told WeCom of one before it died.
    TagJobItem.objects.filter(job=job).update(due_at=NOW + timedelta(minutes=6), tries=1)
    corp.state.mark("alice", people[0].external_userid, sweet.tag_id)
    job = carry_on(job)
    assert (job.state, job.done) == ("running", 0)
    job = carry_on(job, at=job.not_before)
    assert (job.state, job.done, job.marked, job.failed) == ("done", 3, 3, 0)


def test_a_turn_is_bounded_so_that_others_have_theirs(operator):
    vip = internal("VIP")
    job = start(operator, [rows.contact()], add_tag_ids=[vip.pk])
    assert work_tag_job(job_id=job.pk, clock=lambda: NOW, until=NOW).done == 0
    assert carry_on(job).done == 1


def test_a_cancelled_job_marks_nobody_more(operator):
    vip = internal("VIP")
    job = start(operator, [rows.contact()], add_tag_ids=[vip.pk])
    assert cancel_tag_job(job_id=job.pk, operator=operator, now=NOW)
    assert not cancel_tag_job(job_id=job.pk, operator=operator, now=NOW)
    assert work_tag_job(job_id=job.pk, clock=lambda: NOW, until=NOW + timedelta(1)) is None
    assert (carry_on(job).state, ContactTag.objects.count()) == ("cancelled", 0)
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["tag.mark", "tag.cancel_job"]


def test_a_lead_marks_own_customers_on_relations_of_own_staff(corp):
    (sweet,) = corp_tags(corp, "sweet")
    (shared,) = friends(corp, 1, staff=("alice", "bob"))
    foreign = rows.contact()
    lead = build.operator(role=Role.LEAD, staff_userid="alice")
    job = carry_on(start(lead, [shared, foreign], add_tag_ids=[sweet.pk]))
    assert job.total == 1
    assert in_wecom(corp, shared) == {"alice": {sweet.tag_id}, "bob": set()}


def test_chosen_staff_narrow_the_relations(corp, operator):
    (sweet,) = corp_tags(corp, "sweet")
    (amy,) = friends(corp, 1, staff=("alice", "bob"))
    bob = Follow.objects.get(contact=amy, staff__userid="bob").staff
    carry_on(start(operator, [amy], add_tag_ids=[sweet.pk], staff_ids=[bob.pk]))
    assert in_wecom(corp, amy) == {"alice": set(), "bob": {sweet.tag_id}}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({}, "add_tag_ids"),
        ({"add_tag_ids": [1_000_000]}, "add_tag_ids"),
        ({"add_tag_ids": "same", "remove_tag_ids": "same"}, "remove_tag_ids"),
        ({"add_tag_ids": "same", "people": []}, "contact_ids"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(operator, wanted, field):
    vip = internal("VIP")
    people = wanted.pop("people", [rows.contact()])
    wanted = {key: [vip.pk] if value == "same" else value for key, value in wanted.items()}
    with pytest.raises(InvalidInput) as refused:
        start(operator, people, **wanted)
    assert refused.value.field == field
    assert not TagJob.objects.exists()
