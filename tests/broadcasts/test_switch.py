"""The switch that stops all sending: nothing goes while it is on, nothing is lost by it."""

from datetime import timedelta

import pytest

from broadcasts.models import Batch, Broadcast, StopSwitch, WelcomeDelivery
from broadcasts.selectors.switch import is_stopped
from broadcasts.services import dispatch
from broadcasts.services.switch import AlreadySo, resume_all, stop_all
from broadcasts.services.welcome_delivery import Answerer
from broadcasts.services.windows import open_due
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.broadcasts import rows, welcome_rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db


def later(**span):
    return NOW + timedelta(**span)


def stop(operator, *, with_welcomes=False):
    return stop_all(
        reason="The price in the link is wrong",
        with_welcomes=with_welcomes,
        operator=operator,
        now=NOW,
    )


def test_nothing_is_handed_over_until_somebody_resumes(corp, operator):
    rows.crew(corp, 2)
    rows.frozen()
    stop(operator)
    assert dispatch.hand_out(now=later(minutes=1)) == 0
    rows.deliver_all(now=later(minutes=1))
    assert corp.state.tasks() == []
    resume_all(operator=operator, now=later(minutes=2))
    assert dispatch.hand_out(now=later(minutes=2)) == 2
    rows.deliver_all(now=later(minutes=2))
    assert len(corp.state.tasks()) == 2
    assert set(Batch.objects.values_list("state", flat=True)) == {"accepted"}


def test_a_broadcast_whose_hour_comes_waits_and_starts_inside_its_window(corp, operator):
    rows.crew(corp, 1)
    broadcast = rows.broadcast()
    stop(operator)
    open_due(now=later(minutes=1))
    broadcast.refresh_from_db()
    assert broadcast.state == "scheduled"
    resume_all(operator=operator, now=later(hours=1))
    open_due(now=later(hours=1))
    broadcast.refresh_from_db()
    assert broadcast.state == "submitting"


def test_a_window_that_closes_meanwhile_says_that_the_switch_was_on(operator):
    broadcast = rows.broadcast()
    stop(operator)
    open_due(now=later(hours=7))
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.stop_reason) == ("stopped", Broadcast.StopReason.SWITCH)


@pytest.mark.parametrize(("with_welcomes", "answered"), [(False, True), (True, False)])
def test_welcomes_go_on_unless_they_are_ticked(corp, operator, with_welcomes, answered):
    welcome_rows.welcome()
    letter = welcome_rows.newcomer(corp)
    stop(operator, with_welcomes=with_welcomes)
    Answerer().attempt(letter, now=welcome_rows.later(0.2))
    assert bool(welcome_rows.greetings(corp)) == answered
    delivery = WelcomeDelivery.objects.get()
    assert (delivery.state, delivery.reason) == (
        ("sent", "") if answered else ("missed", "stopped")
    )
    assert is_stopped("private")
    assert is_stopped("welcome") == with_welcomes


def test_it_takes_a_reason_and_is_on_only_once(operator):
    with pytest.raises(InvalidInput):
        stop_all(reason=" ", with_welcomes=False, operator=operator, now=NOW)
    stop(operator)
    with pytest.raises(AlreadySo):
        stop(operator)
    resume_all(operator=operator, now=NOW)
    with pytest.raises(AlreadySo):
        resume_all(operator=operator, now=NOW)
    stop(operator)
    assert StopSwitch.objects.count() == 2
    acts = AuditEntry.objects.filter(subject_kind="stopswitch").values_list("action", flat=True)
    assert sorted(acts) == ["sending.resume", "sending.stop", "sending.stop"]


def test_every_page_says_so_while_it_is_on(operator_client):
    words = "链接里的价格错了"
    operator_client.post("/reach/stop/on/", {"reason": words})
    # Our own pages and the theme's lists.
    for path in ("/", "/broadcasts/", "/admin/contacts/staff/", "/reach/stop/"):
        assert words in operator_client.get(path).content.decode(), path
    operator_client.post("/reach/stop/off/")
    assert words not in operator_client.get("/").content.decode()


def test_the_api_stops_and_resumes(operator_client):
    def post(act="", **data):
        return operator_client.post(
            f"/api/v1/sending-stops/{act}", data, content_type="application/json"
        )

    assert post(reason="").status_code == 400
    made = post(reason="wrong price")
    assert made.status_code == 201
    assert made.json()["resumed_at"] is None
    assert post(reason="again").status_code == 409
    assert post("resume/").json()["resumed_at"]
    assert post("resume/").status_code == 409
