"""The home page: first steps, health, and cards that have nothing to say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from scrm.console.models import Role
from scrm.wecom.models import CallbackEvent, SyncRun
from tests import build
from tests.contacts import rows

pytestmark = pytest.mark.django_db


def cards(client):
    return {shown["card"].name: shown["data"] for shown in client.get("/").context["cards"]}


def test_a_new_installation_shows_what_to_do_first(operator_client):
    steps = cards(operator_client)["first-steps"]
    assert [shown["step"].is_done for shown in steps["steps"]] == [False] * 4
    assert [shown["url"] for shown in steps["steps"]] == [
        "/sync/",
        "/orders/import/",
        "/segments/new/",
        "/broadcasts/new/",
    ]


def test_a_step_that_was_done_is_ticked_and_the_next_one_comes_up(operator_client):
    now = timezone.now()
    SyncRun.objects.create(state="done", started_at=now, progressed_at=now, finished_at=now)
    rows.order(rows.contact())
    steps = cards(operator_client)["first-steps"]
    assert steps["next"].page == "segment-new"


def test_the_health_card_counts_what_waits_and_what_failed_lately(operator_client):
    now = timezone.now()
    for number, (state, age) in enumerate((("new", 0), ("failed", 1), ("failed", 30))):
        CallbackEvent.objects.create(
            digest=f"{number:064d}",
            event="change_external_contact",
            body="",
            received_at=now - timedelta(days=age),
            state=state,
            due_at=now,
            handled_at=None if state == "new" else now,
        )
    health = cards(operator_client)["wecom-health"]["health"]
    assert (health.waiting, health.failed, health.last_done) == (1, 1, None)


def test_service_staff_is_not_shown_cards_of_others(client):
    client.force_login(build.operator(role=Role.STAFF))
    assert not {"first-steps", "wecom-health"} & set(cards(client))
