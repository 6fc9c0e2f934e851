"""The set-up check: the callback address, and what has come in."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from scrm.wecom.models import CallbackEvent
from tests.wecom.check_ups import found, let_workers_live, red, state_of
from tests.wecom.letters import deliver, event

pytestmark = pytest.mark.usefixtures("db")

ADDED = ("change_external_contact", "add_external_contact")


def came(body="", *, event_name=ADDED[0], change=ADDED[1], ago=timedelta(0), **overrides):
    at = timezone.now() - ago
    values = {"received_at": at, "due_at": at, "body": body, **overrides}
    digest = f"{CallbackEvent.objects.count():064d}"
    return CallbackEvent.objects.create(
        digest=digest, event=event_name, change_type=change, **values
    )


def handled(**overrides):
    return came(state="done", handled_at=timezone.now(), **overrides)


def test_the_public_address_is_asked_as_wecom_asks_it(corp, settings, live_server):
    settings.PUBLIC_URL = live_server.url
    assert state_of("callback_address") == "ok"
    assert state_of("console_address") == "ok"


def test_an_address_that_answers_something_else_is_a_red_line(corp, settings):
    corp.state.add_staff("amy")
    let_workers_live()
    settings.PUBLIC_URL = corp.url
    lines = red()
    assert "callback_address" in lines
    assert lines["callback_address"].verdict.copy == f"{corp.url}/wecom/callback/"


def test_an_address_nobody_answers_is_a_red_line(corp, settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings.PUBLIC_URL = f"http://127.0.0.1:{port}"
    assert "callback_address" in red()


def test_other_keys_on_the_other_side_are_a_red_line(corp, settings, live_server):
    settings.PUBLIC_URL = live_server.url
    settings.WECOM_ENCODING_AES_KEY = "broken"
    assert state_of("callback_address") == "unknown"
    assert state_of("callback_keys") == "unknown"


def test_no_callback_yet_is_told_and_one_is_enough(corp):
    assert state_of("callbacks_received") == "warn"
    handled()
    lines = found()
    assert lines["callbacks_received"].state.value == "ok"
    assert "1" in str(lines["callbacks_received"].verdict.seen)


def test_three_quiet_days_are_told(corp):
    handled(ago=timedelta(days=4))
    assert state_of("callbacks_received") == "warn"


def test_events_of_others_alone_mean_that_the_box_is_not_ticked(corp):
    assert state_of("customer_events") == "unknown"
    handled(event_name="change_contact", change="create_user")
    assert state_of("customer_events") == "warn"
    handled()
    assert state_of("customer_events") == "ok"


def test_refused_signatures_are_told(corp, client, settings):
    assert state_of("callbacks_forged") == "ok"
    deliver(client, settings, event(*ADDED), token="anothertoken")
    assert state_of("callbacks_forged") == "warn"


def test_callbacks_of_another_hour_are_told(corp, client, settings):
    assert state_of("callback_clock") == "ok"
    deliver(client, settings, event(*ADDED), timestamp=1_000_000_000)
    assert state_of("callback_clock") == "warn"


def test_staff_whose_customers_come_without_a_code_have_a_welcome_of_wecoms_own(
    corp, client, settings, live_server
):
    corp.state.callbacks.url = f"{live_server.url}/wecom/callback/"
    corp.state.add_staff("amy")
    corp.state.add_staff("bob")
    assert state_of("native_welcome") == "unknown"
    befriend(corp, "bob")
    assert state_of("native_welcome") == "ok"
    corp.state.record("settings", native_welcome=True)
    befriend(corp, "amy")
    finding = found()["native_welcome"]
    assert finding.state.value == "warn"
    assert "amy" in str(finding.verdict.seen)
    assert "bob" not in str(finding.verdict.seen)


def befriend(corp, userid):
    for _customer in range(3):
        corp.state.follow(userid, corp.state.add_contact(), callback=True, welcome=True)
    corp.state.callbacks.settle(10)


def test_callbacks_that_wait_too_long_are_a_red_line(corp):
    assert state_of("callbacks_waiting") == "ok"
    came(ago=timedelta(minutes=20))
    assert state_of("callbacks_waiting") == "fail"


def test_callbacks_that_failed_are_told(corp):
    assert state_of("callbacks_failed") == "ok"
    came(state="failed", handled_at=timezone.now())
    assert state_of("callbacks_failed") == "warn"
