"""REST: journeys, with the same verbs and rules as on the pages."""

from __future__ import annotations

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from broadcasts.services import journey_enrolments
from broadcasts.services.journey_runs import advance_due
from scrm.console.models import Role
from tests import build
from tests.broadcasts.journey_rows import draft, expect, journey, send, wait
from tests.broadcasts.rows import customer, segment
from tests.contacts.rows import staff

pytestmark = pytest.mark.django_db
URL, RUNS = "/api/v1/journeys/", "/api/v1/journey-runs/"


@pytest.fixture
def api(operator):
    client = APIClient()
    client.force_authenticate(operator)
    return client


def test_a_journey_is_written_mended_published_filled_paused_and_archived(api):
    customer(staff())
    wrong = draft({"id": "a", "kind": "wait"})
    created = api.post(URL, {"name": "Care", "draft": wrong}, format="json")
    assert created.status_code == 201, created.data
    one = f"{URL}{created.data['id']}/"
    assert [mistake["step"] for mistake in api.get(f"{one}mistakes/").data] == ["a"]
    refused = api.post(f"{one}publish/")
    assert refused.status_code == 400
    assert refused.data["mistakes"][0]["field"] == "days"

    mended = api.put(one, {"name": "Care", "draft": draft(wait()), "subject": "contact"}, "json")
    assert mended.status_code == 200, mended.data
    assert api.get(f"{one}mistakes/").data == []
    assert api.post(f"{one}publish/").data["version"] == 1
    assert api.post(f"{one}publish/").data["version"] == 1  # nothing was changed

    assert api.post(f"{one}enrol/", {"segment": 987654}, format="json").status_code == 400
    asked = api.post(f"{one}enrol/", {"segment": segment().pk}, format="json")
    assert asked.status_code == 202, asked.data
    now = timezone.now()
    journey_enrolments.work_enrolments(now=now)
    advance_due(now=now)
    journey_enrolments.work_enrolments(now=now)
    (enrolment,) = api.get(f"{one}enrolments/").data
    assert (enrolment["state"], enrolment["total"]) == ("done", 1)
    assert api.get(f"{one}figures/").data["steps"]["pause"]["standing"] == 1

    assert api.post(f"{one}pause/").data["state"] == "paused"
    assert api.post(f"{one}pause/").status_code == 409
    assert api.post(f"{one}enrol/", {"segment": segment().pk}, format="json").status_code == 409
    assert api.post(f"{one}resume/").data["state"] == "active"
    assert api.post(f"{one}archive/").data["state"] == "archived"
    assert api.put(one, {"name": "Care", "subject": "contact"}, "json").status_code == 409


def test_runs_tell_where_everybody_is_and_can_be_ended(api):
    now = timezone.now()
    walked = journey(wait(), send(), now=now)
    run = expect(walked, customer(staff()), now=now)
    advance_due(now=now)
    (shown,) = api.get(RUNS, {"journey": walked.pk}).data["results"]
    assert (shown["state"], shown["step"]) == ("running", "pause")
    assert shown["external_userid"] == run.contact.external_userid
    log = api.get(f"{RUNS}{run.pk}/log/").data
    assert [line["what"] for line in log] == ["entered", "waits"]
    assert api.post(f"{RUNS}{run.pk}/take_out/").data["reason"] == "cancelled"
    assert api.post(f"{RUNS}{run.pk}/take_out/").status_code == 409


def test_an_operator_sees_the_runs_of_own_customers_only():
    now = timezone.now()
    mine, hers = staff(userid="me"), staff()
    walked = journey(wait(), now=now)
    own, other = (expect(walked, customer(member), now=now) for member in (mine, hers))
    client = APIClient()
    client.force_authenticate(build.operator(role=Role.LEAD, staff_userid="me"))
    found = client.get(RUNS)
    if found.status_code == 200:
        assert [run["id"] for run in found.data["results"]] == [own.pk]
    assert client.get(f"{RUNS}{other.pk}/").status_code in {403, 404}
