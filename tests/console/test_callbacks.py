"""The callback log: filters, a body without its secrets, replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.wecom.models import CallbackEvent
from tests import build

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
_numbers = count(1)


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
        return [row.pk for row, _words in page.context["rows"]]

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
    response = operator_client.post("/callbacks/replay/?state=failed")
    assert response.headers["Location"] == "/callbacks/?state=failed"
    states = dict(CallbackEvent.objects.values_list("pk", "state"))
    assert states == {failed.pk: "new", done.pk: "done"}


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
    with django_assert_max_num_queries(5):
        operator_client.get("/callbacks/")
