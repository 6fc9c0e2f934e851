"""The callback log: filters, a body without its secrets, replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count as numbers

import pytest
from django.utils import timezone

from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.ratelimit.store import client
from scrm.wecom.callback.counts import Count, count
from scrm.wecom.models import CallbackEvent
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_counted():
    client().flushdb()


NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
_numbers = numbers(1)


def event(state="done", **overrides):
    number = next(_numbers)
    return CallbackEvent.objects.create(
        **{
            "digest": f"{number:064d}",
            "event": "change_external_contact",
            "change_type": "add_external_contact",
            "order_key": f"wm{number}",
            "body": "<xml/>",
            "received_at": NOW - timedelta(minutes=number),
            "state": state,
            "due_at": NOW,
            "handled_at": None if state == "new" else NOW,
            **overrides,
        }
    )


def test_the_log_filters_by_state_type_and_subject(operator_client):
    failed = event("failed", change_type="del_follow_user")
    event("done")

    def shown(**query):
        page = operator_client.get("/callbacks/", query)
        return [row.pk for row, _words, _error in page.context["rows"]]

    assert len(shown()) == 2
    assert shown(state="failed") == [failed.pk]
    assert shown(event="change_external_contact/del_follow_user") == [failed.pk]
    assert shown(subject=failed.order_key) == [failed.pk]
    assert shown(received_from="2026-03-11") == []


def test_a_body_is_shown_without_what_could_be_misused(operator_client):
    body = (
        "<xml><WelcomeCode><![CDATA[CALLBACKCODE]]></WelcomeCode>"
        "<UnionId>oSecret</UnionId><Remark>13812345678</Remark><UserID>zhang</UserID></xml>"
    )
    page = operator_client.get(f"/callbacks/{event(body=body).pk}/").content.decode()
    assert "zhang" in page
    assert "138****5678" in page
    for secret in ("CALLBACKCODE", "oSecret", "13812345678"):
        assert secret not in page


def test_a_failed_event_can_be_replayed_and_that_is_on_record(operator_client):
    failed = event("failed", attempts=8)
    operator_client.post(f"/callbacks/{failed.pk}/replay/")
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("new", 0)
    assert AuditEntry.objects.get().action == "callback.replay"


def test_a_list_is_replayed_as_filtered(operator_client):
    failed, done = event("failed"), event("done")
    response = operator_client.post("/callbacks/replay/?state=failed", {"all": "1"})
    assert response.headers["Location"] == "/callbacks/?state=failed"
    states = dict(CallbackEvent.objects.values_list("pk", "state"))
    assert states == {failed.pk: "new", done.pk: "done"}


def test_only_the_ticked_are_replayed(operator_client):
    ticked, other = event("failed"), event("failed")
    operator_client.post("/callbacks/replay/", {"ids": [ticked.pk, "x", "9" * 40]})
    states = dict(CallbackEvent.objects.values_list("pk", "state"))
    assert states == {ticked.pk: "new", other.pk: "failed"}
    operator_client.post("/callbacks/replay/")
    assert CallbackEvent.objects.filter(state="failed").get() == other


def test_the_log_is_searched_by_event_and_by_text(operator_client):
    now = timezone.now()
    tagged = event(event="change_external_tag", change_type="update", received_at=now)
    old = event(body="<xml><Name>Tea</Name></xml>")
    fresh = event(body="<xml><Name>Tea</Name></xml>", received_at=now)

    def shown(**query):
        page = operator_client.get("/callbacks/", query)
        return {row.pk for row, _words, _error in page.context["rows"]}

    assert shown(event="change_external_tag") == {tagged.pk}
    assert shown(event="upload_media_job_finish") == set()
    assert shown(text="tea") == {fresh.pk}
    assert shown(text="tea", received_from="2026-01-01") == {old.pk, fresh.pk}


def test_the_log_says_what_waits_since_when_and_what_its_address_met(operator_client):
    now = timezone.now()
    event("new", received_at=now - timedelta(minutes=5))
    event("failed", received_at=now)
    count(Count.SKEWED, now=now)
    count(Count.FORGED, now=now)
    page = operator_client.get("/callbacks/")
    backlog = page.context["backlog"]
    assert (backlog.waiting, backlog.failed, backlog.is_late) == (1, 1, True)
    assert (backlog.counts[Count.SKEWED], backlog.counts[Count.FORGED]) == (1, 1)
    home = operator_client.get("/").content.decode()
    assert "/callbacks/?state=failed" in home


def test_an_error_comes_with_advice_and_without_secrets(operator_client):
    shown = event("failed", error="BadRequest: 40058 WelcomeCode=SECRET 13812345678", hint="")
    page = operator_client.get(f"/callbacks/{shown.pk}/")
    assert page.context["advice"]
    content = page.content.decode() + operator_client.get("/callbacks/").content.decode()
    assert "SECRET" not in content
    assert "13812345678" not in content
    known = event("failed", error="NotConnected: x", hint="WeCom cannot be reached.")
    page = operator_client.get(f"/callbacks/{known.pk}/")
    assert page.context["advice"] == "WeCom cannot be reached."


def test_a_message_is_laid_out_and_odd_ones_are_shown_as_they_are(operator_client):
    laid_out = operator_client.get(f"/callbacks/{event(body='<xml><A>1</A><B/></xml>').pk}/")
    assert laid_out.context["body"].splitlines()[1] == "  <A>1</A>"
    odd = operator_client.get(f"/callbacks/{event(body='<xml> oh').pk}/")
    assert odd.context["body"] == "<xml> oh"


def test_who_may_look_may_not_yet_replay(client):
    client.force_login(build.operator(role=Role.OPERATOR))
    failed = event("failed")
    assert client.get("/callbacks/").status_code == 200
    assert client.post(f"/callbacks/{failed.pk}/replay/").status_code == 403
    assert client.post("/callbacks/replay/").status_code == 403


def test_the_log_asks_the_same_number_of_questions_for_one_event_and_many(
    operator_client, django_assert_max_num_queries
):
    for _number in range(30):
        event()
    with django_assert_max_num_queries(7):
        operator_client.get("/callbacks/")
