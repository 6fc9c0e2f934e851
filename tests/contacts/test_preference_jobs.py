"""Preferences of more customers than one request takes, as a job; imports over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import Contact, ContactFacts, Preference, PreferenceJob
from contacts.services import bulk_preferences, preference_jobs
from contacts.services.facts import rebuild_facts
from contacts.services.preference_jobs import (
    cancel_preference_job,
    hand_out_due_jobs,
    start_preference_job,
    work_preference_job,
)
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def crowd():
    """More customers than two turns take."""
    Contact.objects.bulk_create(
        Contact(external_userid=f"wm{n}", name=f"c{n}", first_followed_at=NOW, stage_since=NOW)
        for n in range(4_500)
    )
    rebuild_facts()


def start(operator, *, until=None):
    return start_preference_job(
        contacts=Contact.objects.all(), until=until, source="list", operator=operator, now=NOW
    )


def turn(job, *, turns):
    """Work for so many chunks, then the time is up."""
    moments = iter([NOW, NOW] * turns + [LATER] * 2)
    more = work_preference_job(job_id=job.pk, clock=lambda: next(moments), until=LATER)
    job.refresh_from_db()
    return more


def test_a_job_goes_on_where_it_was_and_counts_what_was_news(crowd, operator):
    known = Contact.objects.earliest("pk")
    Preference.objects.create(contact=known, is_do_not_contact=True, updated_at=NOW)
    job = start(operator)
    rows.contact()  # who comes later is not of it
    assert turn(job, turns=1)
    assert (job.done, job.news, job.state) == (2_000, 1_999, "running")
    assert not turn(job, turns=5)
    assert (job.done, job.news, job.state) == (4_500, 4_499, "done")
    assert Preference.objects.filter(is_do_not_contact=True).count() == 4_500
    assert ContactFacts.objects.filter(is_do_not_contact=True).count() >= 4_499
    assert not turn(job, turns=1)


def test_a_pause_ends_and_a_cancelled_job_stops(crowd, operator):
    job = start(operator, until=LATER)
    turn(job, turns=1)
    assert cancel_preference_job(job_id=job.pk, operator=operator, now=NOW)
    assert not turn(job, turns=1)
    assert (job.done, job.state) == (2_000, "cancelled")
    assert Preference.objects.filter(pause_until=LATER).count() == 2_000


def test_a_lost_message_is_repeated_and_nonsense_refused(operator):
    with pytest.raises(InvalidInput):
        start(operator)
    rows.contact()
    with pytest.raises(InvalidInput):
        start(operator, until=NOW)
    start(operator)
    assert hand_out_due_jobs(now=NOW) == 0
    assert hand_out_due_jobs(now=NOW + preference_jobs._SILENT) == 1


def test_the_list_makes_a_job_of_more_than_ten_thousand(operator_client):
    Contact.objects.bulk_create(
        Contact(external_userid=f"wm{n}", name="c", first_followed_at=NOW, stage_since=NOW)
        for n in range(bulk_preferences.CUSTOMERS_AT_ONCE + 1)
    )
    rebuild_facts()
    asked = {"ask": "refuse", "who": "all"}
    answer = operator_client.post("/contacts/preference/", asked)
    job = PreferenceJob.objects.get()
    assert answer.headers["Location"] == f"/preference-jobs/{job.pk}/"
    page = operator_client.get(f"/preference-jobs/{job.pk}/").content.decode()
    assert "10,001" in page
    operator_client.post(f"/preference-jobs/{job.pk}/cancel/")
    assert PreferenceJob.objects.get().state == "cancelled"


def test_programs_import_blocked_customers(operator_client):
    rows.contact(external_userid="wmA")
    given = {"name": "a.csv", "reason": "asked", "content": "external_userid\nwmA\nwmNobody\n"}
    made = operator_client.post("/api/v1/blocked-imports/", given, content_type="application/json")
    assert made.status_code == 201, made.content
    key = made.json()["id"]
    assert made.json()["state"] == "checked"
    assert sum(made.json()["lines"].values()) == 2
    faults = operator_client.get(f"/api/v1/blocked-imports/{key}/faults/").json()["results"]
    assert [line["external_userid"] for line in faults] == ["wmNobody"]
    started = operator_client.post(f"/api/v1/blocked-imports/{key}/start/")
    assert started.json()["state"] == "running"
    assert operator_client.post(f"/api/v1/blocked-imports/{key}/start/").status_code == 409
    empty = {"name": "b.csv", "content": "nothing\n"}
    wrong = operator_client.post("/api/v1/blocked-imports/", empty, content_type="application/json")
    assert wrong.status_code == 400
