"""Chosen staff are told of each loss once, whatever happens to the answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import Follow, LossAlert
from contacts.services.loss_alerts import set_loss_alerts, tell_losses
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(corp, operator):
    corp.state.add_staff("boss")
    rows.staff(userid="boss")
    set_loss_alerts(
        tells_removals=True,
        tells_unfriending=False,
        receivers=["boss"],
        operator=operator,
        now=NOW,
    )
    return "boss"


def lost(at=NOW, status=Follow.Status.DELETED_BY_STAFF, **overrides):
    person = rows.contact(relation="lost", lost_at=at, **overrides)
    return rows.follow(person, rows.staff(), ended_at=at, status=status)


def read_by(corp, userid):
    messages = corp.state.app_messages.values()
    return [m.content["content"] for m in messages if userid in m.delivered]


def test_a_removal_is_told_once_with_names(corp, boss):
    lost(name="Amy")
    lost(status=Follow.Status.DELETED_BY_CONTACT, name="Not asked for")
    lost(at=NOW - timedelta(days=1), name="From before")
    assert tell_losses(now=NOW) == 1
    assert tell_losses(now=NOW + timedelta(minutes=1)) == 0
    [text] = read_by(corp, boss)
    assert "Amy" in text
    assert "Not asked for" not in text
    assert "From before" not in text


def test_a_lost_answer_is_tried_again_and_read_once(corp, boss):
    lost()
    corp.state.faults.add(path="message/send", kind="drop_after", count=1)
    assert tell_losses(now=NOW) == 0
    assert tell_losses(now=NOW + timedelta(minutes=1)) == 1
    assert len(read_by(corp, boss)) == 1


def test_what_cannot_be_sent_says_why(corp, boss):
    lost()
    corp.state.faults.add(path="message/send", kind="errcode", value=48002, count=1)
    tell_losses(now=NOW)
    alert = LossAlert.objects.get()
    assert alert.state == "failed"
    assert "48002" in alert.error


def test_receivers_are_checked_and_the_choice_is_logged(operator_client, operator):
    with pytest.raises(InvalidInput) as caught:
        set_loss_alerts(
            tells_removals=True,
            tells_unfriending=True,
            receivers=["nobody"],
            operator=operator,
            now=NOW,
        )
    assert caught.value.field == "receivers"
    page = operator_client.post("/losses/alerts/", {"tells_removals": "on"})
    assert page.context["form"].errors["receivers"]
    member = rows.staff()
    operator_client.post("/losses/alerts/", {"tells_removals": "on", "receivers": [member.userid]})
    assert AuditEntry.objects.get(action="loss_alert.change").details["receivers"] == [
        member.userid
    ]
