"""Journeys (SOP旅程) with the database: who begins, what each step leaves behind, how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from broadcasts.models import (
    JourneyRun,
    JourneyStepLog,
)
from broadcasts.models.broadcast import IllegalMove
from broadcasts.services import journeys
from broadcasts.services.journey_exits import take_out
from broadcasts.services.journey_runs import advance_due
from broadcasts.services.journeys import NeedsApprover, NotPublishable
from contacts.models import Preference, StaffTask, TagJob
from contacts.selectors.segment_uses import uses_of
from tests.broadcasts.journey_rows import (
    STRANGERS,
    draft,
    expect,
    history,
    internal_tag,
    journey,
    send,
    task,
    wait,
)
from tests.broadcasts.rows import customer, segment
from tests.build import operator
from tests.contacts.rows import NOW, staff

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_a_run_waits_and_does_each_step_once():
    member = staff()
    person = customer(member)
    walked = journey(wait(hours=2), task(), {"id": "over", "kind": "end"})
    run = expect(walked, person)

    advance_due(now=NOW)
    run.refresh_from_db()
    assert (run.state, run.step, run.due_at) == ("running", "pause", NOW + timedelta(hours=2))

    advance_due(now=NOW + timedelta(hours=1))
    assert StaffTask.objects.count() == 0
    for _again in range(2):
        advance_due(now=NOW + timedelta(hours=2))
    run.refresh_from_db()
    assert run.state == "done"
    assert [one.text for one in StaffTask.objects.filter(contact=person)] == ["Ring her up"]
    assert history(run) == [
        ("", "entered", ""),
        ("pause", "waits", ""),
        ("pause", "done", ""),
        ("call", "done", ""),
        ("over", "done", ""),
        ("", "finished", ""),
    ]


def test_a_condition_goes_the_way_the_facts_say():
    person, other = customer(staff()), customer(staff())
    rule = {"field": "stage", "op": "in", "value": ["repeat"]}
    asked = {"id": "which", "kind": "condition", "rule": rule, "yes": [task()], "no": []}
    walked = journey(asked, task("both"))
    runs = [expect(walked, one) for one in (person, other)]
    person.facts.stage = "repeat"
    person.facts.save()

    advance_due(now=NOW)
    assert [line for line in history(runs[0]) if line[0] == "which"] == [("which", "done", "yes")]
    assert [step for step, *_rest in history(runs[1])] == ["", "which", "both", ""]
    assert StaffTask.objects.filter(contact=person).count() == 1  # the same task twice at once
    assert StaffTask.objects.filter(contact=other).count() == 1


def test_tags_are_ordered_once_for_all_who_come_at_once():
    tag = internal_tag()
    people = [customer(staff()) for _number in range(3)]
    walked = journey({"id": "mark", "kind": "tag", "add": [tag.pk], "remove": []})
    for person in people:
        expect(walked, person)
    advance_due(now=NOW)
    advance_due(now=NOW)
    assert [(job.total, job.add_tag_ids) for job in TagJob.objects.all()] == [(3, [tag.pk])]


@pytest.mark.parametrize(
    ("reentry", "days", "begins"),
    [
        ({"kind": "never"}, 400, False),
        ({"kind": "after_days", "days": 30}, 29, False),
        ({"kind": "after_days", "days": 30}, 31, True),
        ({"kind": "always"}, 0, True),
    ],
)
def test_who_has_been_through_begins_again_as_the_journey_says(reentry, days, begins):
    person = customer(staff())
    walked = journey(wait(hours=1), reentry=reentry)
    first = expect(walked, person)
    advance_due(now=NOW)
    while_under_way = expect(walked, person)
    advance_due(now=NOW)
    while_under_way.refresh_from_db()
    assert (while_under_way.state, while_under_way.reason) == ("refused", "open")

    end = NOW + timedelta(hours=1)
    advance_due(now=end)
    first.refresh_from_db()
    assert first.state == "done"
    again = expect(walked, person, now=end + days * DAY)
    advance_due(now=end + days * DAY)
    again.refresh_from_db()
    assert again.state == ("running" if begins else "refused")
    assert again.reason == ("" if begins else "again")


def test_the_condition_at_entry_keeps_others_out():
    friend = customer(staff())
    walked = journey(entry=STRANGERS)
    run = expect(walked, friend)
    advance_due(now=NOW)
    run.refresh_from_db()
    assert (run.state, run.reason, run.entered_at) == ("refused", "entry", None)


def test_a_run_finishes_on_its_version_and_newcomers_follow_the_new_one():
    old, new = customer(staff()), customer(staff())
    walked = journey(wait(hours=1), task("old_way"))
    began = expect(walked, old)
    advance_due(now=NOW)
    walked.draft = draft(wait(hours=1), task("new_way"))
    journeys.save_draft(journey=walked, draft=walked.draft, operator=operator(), now=NOW)
    journeys.publish(journey=walked, operator=operator(), now=NOW)
    comes = expect(walked, new)
    advance_due(now=NOW)
    advance_due(now=NOW + timedelta(hours=1))
    assert ("old_way", "done", "") in history(began)
    assert ("new_way", "done", "") in history(comes)
    began.refresh_from_db()
    comes.refresh_from_db()
    assert (began.version.number, comes.version.number) == (1, 2)


def test_a_paused_journey_moves_nobody_and_goes_on_when_resumed():
    walked, boss = journey(wait(hours=1)), operator()
    run = expect(walked, customer(staff()))
    advance_due(now=NOW)
    journeys.pause(journey=walked, operator=boss, now=NOW)
    advance_due(now=NOW + DAY)
    run.refresh_from_db()
    assert run.state == "running"
    with pytest.raises(IllegalMove):
        journeys.pause(journey=walked, operator=boss, now=NOW)
    journeys.resume(journey=walked, operator=boss, now=NOW + DAY)
    advance_due(now=NOW + DAY)
    run.refresh_from_db()
    assert run.state == "done"


def test_archiving_ends_open_runs_and_frees_the_name():
    walked = journey(wait())
    under_way, about_to = expect(walked, customer(staff())), expect(walked, customer(staff()))
    JourneyRun.objects.filter(pk=about_to.pk).update(due_at=NOW + DAY)
    advance_due(now=NOW)
    journeys.archive(journey=walked, operator=operator(), now=NOW)
    states = dict(JourneyRun.objects.values_list("pk", "state"))
    assert states == {under_way.pk: "exited", about_to.pk: "refused"}
    assert history(under_way)[-1] == ("pause", "exited", "archived")
    journeys.create_journey(name=walked.name, subject="contact", operator=operator(), now=NOW)
    with pytest.raises(IllegalMove):
        journeys.publish(journey=walked, operator=operator(), now=NOW)


def test_publishing_names_every_mistake_with_its_step_and_field():
    written = journeys.create_journey(
        name="Wrong",
        subject="contact",
        operator=operator(),
        now=NOW,
        draft=draft(
            {"id": "a", "kind": "wait"},
            {"id": "b", "kind": "tag", "add": [], "remove": []},
            {"id": "b", "kind": "condition", "rule": {"field": "x", "op": "=", "value": 1}},
            trigger={"kind": "after_order", "days": 0},
        ),
    )
    with pytest.raises(NotPublishable) as caught:
        journeys.publish(journey=written, operator=operator(), now=NOW)
    places = {(problem.step, problem.field) for problem in caught.value.problems}
    assert places == {
        ("", "trigger.days"),
        ("a", "days"),
        ("b", "add"),
        ("b", "id"),
        ("b", "rule"),
    }


def test_what_a_published_journey_names_must_exist():
    written = journeys.create_journey(
        name="Gone",
        subject="contact",
        operator=operator(),
        now=NOW,
        draft=draft(
            {"id": "mark", "kind": "tag", "add": [987654], "remove": []},
            trigger={"kind": "segment_entered", "segment": 987654},
        ),
    )
    with pytest.raises(NotPublishable) as caught:
        journeys.publish(journey=written, operator=operator(), now=NOW)
    places = {(problem.step, problem.field) for problem in caught.value.problems}
    assert places == {("", "trigger.segment"), ("mark", "add")}


def test_the_log_of_steps_takes_no_change_and_no_step_ends_twice():
    run = expect(journey(task()), customer(staff()))
    advance_due(now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        JourneyStepLog.objects.filter(run=run).update(what="skipped")
    with pytest.raises(IntegrityError), transaction.atomic():
        JourneyStepLog.objects.create(
            run=run, version=run.version, step="call", what="done", at=NOW
        )


def test_somebody_can_be_taken_out_by_hand():
    run = expect(journey(wait()), customer(staff()))
    advance_due(now=NOW)
    assert take_out(run=run, operator=operator(), now=NOW)
    assert not take_out(run=run, operator=operator(), now=NOW)
    run.refresh_from_db()
    assert (run.state, run.reason) == ("exited", "cancelled")


def test_exits_end_a_run_at_its_next_step():
    person = customer(staff())
    walked = journey(wait(hours=1), task(), exits=[{"kind": "do_not_contact"}])
    run = expect(walked, person)
    advance_due(now=NOW)
    Preference.objects.create(contact=person, is_do_not_contact=True, updated_at=NOW)
    person.facts.is_do_not_contact = True
    person.facts.save()
    advance_due(now=NOW + timedelta(hours=1))
    assert history(run)[-1] == ("pause", "exited", "do_not_contact")
    assert not StaffTask.objects.exists()


def test_a_segment_that_a_live_journey_names_is_in_use():
    triggers, asked = segment(), segment()
    inside = {"field": "segment", "op": "any", "value": [asked.pk]}
    walked = journey(
        {"id": "which", "kind": "condition", "rule": inside, "yes": [], "no": []},
        trigger={"kind": "segment_entered", "segment": triggers.pk},
    )
    for one in (triggers, asked):
        assert [use.name for use in uses_of(one)] == [walked.name]
    journeys.archive(journey=walked, operator=operator(), now=NOW)
    assert not uses_of(triggers)
    assert not uses_of(asked)


def test_who_may_not_approve_broadcasts_cannot_publish_messages():
    lead = operator(role="lead", staff_userid="lead")
    written = journeys.create_journey(
        name="Mine", subject="contact", operator=lead, now=NOW, draft=draft(send())
    )
    with pytest.raises(NeedsApprover):
        journeys.publish(journey=written, operator=lead, now=NOW)
    journeys.publish(journey=written, operator=operator(), now=NOW)
    written.refresh_from_db()
    assert written.state == "active"
