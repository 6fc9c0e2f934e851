"""REST: the same verbs, the same rules."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from broadcasts.models import Broadcast
from broadcasts.selectors.policy import house_terms
from broadcasts.services import compose
from scrm.console.models import Role
from tests import build
from tests.broadcasts import rows

pytestmark = pytest.mark.django_db
URL = "/api/v1/broadcasts/"


@pytest.fixture
def api(operator):
    client = APIClient()
    client.force_authenticate(operator)
    return client


@pytest.fixture
def body():
    start, end = compose.next_window(house_terms(), timezone.now())
    return {
        "name": "Spring",
        "benefit": "Free shipping",
        "segment": rows.segment().pk,
        "text": "Spring is here.",
        "window_start": start.isoformat(),
        "window_end": end.isoformat(),
    }


def test_a_draft_is_written_looked_at_scheduled_and_stopped(api, body):
    rows.customer(rows.staff())
    created = api.post(URL, {**body, "holdout_percent": 0}, format="json")
    assert created.status_code == 201
    one = f"{URL}{created.data['id']}/"
    seen = api.get(f"{one}dry_run/").data
    assert (seen["chosen"], seen["held_out"], seen["excluded"]) == (1, 0, 0)
    assert api.post(f"{one}schedule/").data["state"] == "scheduled"
    assert api.post(f"{one}schedule/").status_code == 409
    assert api.post(f"{one}stop/").data["state"] == "stopped"
    assert api.get(f"{one}results/").data["sent"] == 0
    assert api.get(URL).status_code == 200
    assert api.get(one).data["stop_reason"] == "operator"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": ""}, "text"),
        ({"segment": None}, "segment"),
        ({"segment": 0}, "segment"),
        ({"benefit": ""}, "benefit"),
        ({"window_end": "2020-01-01T10:00:00+08:00"}, "window_end"),
        ({"attachments": [{"msgtype": "video"}]}, "attachments"),
        ({"attachments": "x"}, "attachments"),
    ],
)
def test_what_is_wrong_is_said_by_field(api, body, wrong, field):
    answer = api.post(URL, {**body, **wrong}, format="json")
    assert answer.status_code == 400
    assert field in answer.data
    assert not Broadcast.objects.exists()


def test_a_new_draft_gets_the_houses_hold_out(api, body):
    assert api.post(URL, body, format="json").data["holdout_percent"] == 10


def test_permissions_are_those_of_the_pages(body):
    client = APIClient()
    assert client.get(URL).status_code == 401
    spring = rows.broadcast()
    client.force_authenticate(build.operator(role=Role.ANALYST))
    assert client.get(f"{URL}{spring.pk}/").status_code == 200
    assert client.post(URL, body, format="json").status_code == 403
    assert client.post(f"{URL}{spring.pk}/stop/").status_code == 403
    client.force_authenticate(build.operator(role=Role.STAFF))
    assert client.get(URL).status_code == 403
    client.force_authenticate(build.operator(role=Role.LEAD))
    assert client.get(f"{URL}{spring.pk}/").status_code == 404
