"""Webhooks: what is told, to whom, signed how, how often – against a real server."""

import hashlib
import hmac
import json
import time
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction

from broadcasts.models import (
    OperatorNotice,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from broadcasts.services import webhook_delivery, webhook_feed, webhooks
from broadcasts.services.webhook_delivery import deliver_due, forget_old, switch_off_dead
from broadcasts.services.webhook_secret import secret_of
from broadcasts.services.webhooks import EndpointDraft, emit
from contacts.models import ContactEvent, LifecycleTransition
from scrm import outgoing
from scrm.errors import InvalidInput
from scrm.outgoing import client
from tests.broadcasts import rows
from tests.broadcasts.hook_server import HookServer
from tests.broadcasts.rows import NOW
from tests.waiting import until

pytestmark = pytest.mark.django_db

EVERYTHING = (
    "broadcast.scheduled",
    "broadcast.stopped",
    "broadcast.finished",
    "broadcast.harm",
    "contact.added",
    "contact.lost",
    "contact.stage_changed",
    "journey.step",
)


def later(**span):
    return NOW + timedelta(**span)


@pytest.fixture
def hook(settings):
    settings.WEBHOOK_INTERNAL_HOSTS = ["127.0.0.1"]
    server = HookServer().start()
    yield server
    server.stop()


@pytest.fixture
def endpoint(hook, operator):
    draft = EndpointDraft(name="Middle office", url=hook.url, kinds=EVERYTHING)
    return webhooks.create_endpoint(draft=draft, operator=operator, now=NOW)


def tell(kind="journey.step", **data):
    return emit(kind=kind, subject_id=7, data=data, now=NOW)


def test_an_event_arrives_signed_and_the_receiver_can_prove_it(hook, endpoint):
    event = tell(step="gift")
    assert deliver_due(now=later(seconds=1)) == 1
    [(path, headers, body)] = hook.heard
    assert path == "/hook?from=scrm"
    assert json.loads(body) == {
        "id": str(event.public_id),
        "kind": "journey.step",
        "at": "2026-03-10T12:00:00+08:00",
        "subject_id": "7",
        "data": {"step": "gift"},
    }
    signed = headers["X-SCRM-Timestamp"].encode() + b"." + body
    expected = hmac.new(secret_of(endpoint).encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-SCRM-Signature"] == f"v1={expected}"
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status, delivery.answer) == ("sent", 200, "ok")
    assert deliver_due(now=later(hours=1)) == 0


def test_what_is_rolled_back_is_not_told(endpoint):
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)
    assert not WebhookEvent.objects.exists()


def test_nobody_asking_costs_no_row(endpoint, operator):
    webhooks.switch_endpoint(endpoint=endpoint, active=False, operator=operator, now=NOW)
    assert tell() is None
    assert not WebhookEvent.objects.exists()


def test_a_failing_receiver_is_asked_with_growing_gaps_for_a_day(hook, endpoint):
    hook.status, hook.text = 503, "later"
    tell()
    now, attempts = NOW, []
    while (waiting := WebhookDelivery.objects.filter(state="waiting").first()) is not None:
        now = waiting.next_at
        deliver_due(now=now)
        attempts.append(now)
    gaps = [after - before for before, after in pairwise(attempts)]
    assert gaps == sorted(gaps)
    assert gaps[0] == timedelta(seconds=10)
    assert timedelta(hours=20) < attempts[-1] - NOW <= timedelta(hours=24)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status, delivery.answer) == ("failed", 503, "later")
    assert len(hook.heard) == delivery.attempts == len(attempts)


def test_a_failed_delivery_is_replayed_one_or_all(hook, endpoint, operator):
    hook.status = 500
    for _number in range(3):
        tell()
    WebhookDelivery.objects.update(state="failed", next_at=None)
    first = WebhookDelivery.objects.order_by("pk").first()
    hook.status = 204
    again = {"endpoint": endpoint, "operator": operator, "now": later(days=3)}
    assert webhooks.replay(delivery_ids=[first.pk], **again) == 1
    assert deliver_due(now=later(days=3)) == 1
    assert webhooks.replay(delivery_ids=None, **again) == 2
    assert deliver_due(now=later(days=3)) == 2
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"sent"}


def test_two_workers_deliver_once(hook, endpoint):
    tell()
    [pk] = WebhookDelivery.objects.values_list("pk", flat=True)
    assert webhook_delivery.deliver(delivery_id=pk, now=NOW)
    WebhookDelivery.objects.update(state="waiting", next_at=later(seconds=60))
    assert not webhook_delivery.deliver(delivery_id=pk, now=later(seconds=1))
    assert len(hook.heard) == 1


def test_an_address_where_nothing_arrives_for_days_is_switched_off_with_a_notice(hook, endpoint):
    hook.status = 500
    tell()
    deliver_due(now=NOW)
    assert switch_off_dead(now=later(days=2)) == 0
    assert switch_off_dead(now=later(days=3, minutes=1)) == 1
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.switched_off_at) == (False, later(days=3, minutes=1))
    assert "Middle office" in OperatorNotice.objects.get().text


def test_one_arrival_forgives_all_failing(hook, endpoint):
    hook.status = 500
    tell()
    deliver_due(now=NOW)
    hook.status = 200
    deliver_due(now=later(minutes=1))
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_a_redirect_is_not_followed(hook, endpoint):
    hook.status, hook.location = 302, "http://169.254.169.254/latest/meta-data/"
    tell()
    deliver_due(now=NOW)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status) == ("waiting", 302)
    assert len(hook.heard) == 1


def test_an_answer_that_drips_is_cut_off(hook):
    hook.is_slow = True
    began = time.monotonic()
    with pytest.raises(outgoing.Undelivered):
        client.post(hook.url, body=b"{}", headers={}, seconds=0.5)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https://user:word@example.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://224.0.0.1/",
        "https://exa mple.com/",
        "https://example.com\\@127.0.0.1/",
    ],
)
def test_addresses_inside_or_without_tls_are_refused(url, operator):
    draft = EndpointDraft(name="x", url=url, kinds=("journey.step",))
    with pytest.raises(InvalidInput) as refused:
        webhooks.create_endpoint(draft=draft, operator=operator, now=NOW)
    assert refused.value.field == "url"


def test_open_addresses_are_called():
    for url in (
        "https://8.8.8.8/x",
        "https://[2606:4700::1111]:8443/",
        "https://[::ffff:8.8.8.8]/",
    ):
        outgoing.check_address(url)


def test_an_address_that_moved_inside_is_refused_when_it_is_called(hook, endpoint, settings):
    """The check is made at every call on the very address that is called, not once on a name."""
    settings.WEBHOOK_INTERNAL_HOSTS = []
    tell()
    deliver_due(now=NOW)
    assert hook.heard == []
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status) == ("waiting", None)


def test_what_happens_below_is_found_and_told_once(endpoint):
    webhook_feed.collect(now=NOW)
    person = rows.customer()
    ContactEvent.objects.create(contact=person, kind="followed", at=NOW, details={"staff_id": 3})
    ContactEvent.objects.create(contact=person, kind="tagged", at=NOW)
    ContactEvent.objects.create(contact=person, kind="unfollowed", at=later(days=-300))
    LifecycleTransition.objects.create(contact=person, from_stage="new", to_stage="first", at=NOW)
    rows.broadcast(scheduled_at=NOW)
    rows.broadcast(
        state="stopped", stop_reason="harm", scheduled_at=later(days=-2), finished_at=NOW
    )
    for minute in (1, 2):
        webhook_feed.collect(now=later(minutes=minute))
    told = WebhookEvent.objects.values_list("kind", flat=True)
    # What was written in this very transaction is read once it has committed: see the next test.
    assert sorted(told) == ["broadcast.scheduled", "broadcast.stopped"]


@pytest.mark.django_db(transaction=True)
def test_friendships_and_stages_are_told_when_they_are_committed(hook, operator):
    draft = EndpointDraft(name="Middle office", url=hook.url, kinds=EVERYTHING)
    webhooks.create_endpoint(draft=draft, operator=operator, now=NOW)
    webhook_feed.collect(now=NOW)
    person = rows.customer()
    ContactEvent.objects.create(contact=person, kind="followed", at=NOW, details={"staff_id": 3})
    ContactEvent.objects.create(contact=person, kind="unfollowed", at=later(days=-300))
    LifecycleTransition.objects.create(contact=person, from_stage="new", to_stage="first", at=NOW)

    def has_told_both():
        webhook_feed.collect(now=later(minutes=1))
        return WebhookEvent.objects.count() >= 2

    # The feeds wait for whoever else is writing on this server.
    until(has_told_both, what="both to be told")
    webhook_feed.collect(now=later(minutes=2))
    told = {event.kind: event.data for event in WebhookEvent.objects.all()}
    assert told == {
        "contact.added": {"external_userid": person.external_userid, "staff_id": 3},
        "contact.stage_changed": {
            "external_userid": person.external_userid,
            "from": "new",
            "to": "first",
            "reason": "",
        },
    }


def test_the_log_is_kept_a_month(hook, endpoint):
    tell()
    assert forget_old(now=later(days=31)) == 0  # it still waits
    deliver_due(now=NOW)
    assert forget_old(now=later(days=29)) == 0
    assert forget_old(now=later(days=31)) > 0
    assert not WebhookDelivery.objects.exists()


def test_the_secret_is_shown_once_and_stored_nowhere(hook, operator_client):
    made = operator_client.post(
        "/webhooks/new/", {"name": "ERP", "url": hook.url, "kinds": ["contact.added"]}
    )
    endpoint = WebhookEndpoint.objects.get()
    assert made.headers["Location"] == f"/webhooks/{endpoint.pk}/"
    secret = secret_of(endpoint)
    assert secret in operator_client.get(made.headers["Location"]).content.decode()
    assert secret not in operator_client.get(made.headers["Location"]).content.decode()
    assert secret not in str(WebhookEndpoint.objects.values().get())
    operator_client.post(f"/webhooks/{endpoint.pk}/secret/")
    renewed = operator_client.get(made.headers["Location"]).content.decode()
    endpoint.refresh_from_db()
    assert secret_of(endpoint) != secret
    assert secret_of(endpoint) in renewed


def test_the_page_tests_and_replays(hook, endpoint, operator_client):
    here = f"/webhooks/{endpoint.pk}/"
    operator_client.post(f"{here}test/")
    delivery = WebhookDelivery.objects.get()
    WebhookDelivery.objects.update(next_at=NOW)
    deliver_due(now=NOW)
    assert hook.heard[0][1]["X-SCRM-Event"] == "test"
    assert "测试" in operator_client.get(here).content.decode()
    operator_client.post(f"{here}replay/", {"delivery": [delivery.pk, "x"]})
    delivery.refresh_from_db()
    assert delivery.state == "waiting"
    operator_client.post(f"{here}delete/")
    assert operator_client.get(here).status_code == 404
