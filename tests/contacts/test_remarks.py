"""A remark is changed in WeCom and here, whatever becomes of the answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import ContactEvent, Follow
from contacts.services.relations import store_relations
from contacts.services.remarks import RemarkRefused, change_remark
from scrm import wecom
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts.rows import NOW
from tests.contacts.tag_rows import friends

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def follow(corp):
    """Alice's relation as WeCom tells of it."""
    (person,) = friends(corp, 1)
    reread(person)
    return Follow.objects.select_related("contact", "staff").get(contact=person)


def reread(person):
    detail = wecom.get_gateway().contact(person.external_userid)
    pairs = [wecom.ContactFollow(contact=detail.contact, follow=one) for one in detail.follows]
    return store_relations(pairs, read_at=LATER, now=LATER)


def change(follow, operator, remark="Ms Li", description="likes tea"):
    return change_remark(
        follow_id=follow.pk, remark=remark, description=description, operator=operator, now=NOW
    )


def in_wecom(corp, follow):
    there = corp.state.follow_between(follow.staff.userid, follow.contact.external_userid)
    return there.remark, there.description


def here(follow):
    follow.refresh_from_db()
    return follow.remark, follow.description


def test_both_texts_are_written_there_and_here_with_event_and_log(corp, follow, operator):
    assert change(follow, operator)
    assert in_wecom(corp, follow) == here(follow) == ("Ms Li", "likes tea")
    event = ContactEvent.objects.get(kind="remarked", at=NOW)
    assert (event.details["remark"], event.details["operator"]) == ("Ms Li", operator.username)
    assert AuditEntry.objects.get(action="contact.remark").subject_id == str(follow.contact_id)


def test_the_next_sync_finds_nothing_to_change(corp, follow, operator):
    change(follow, operator)
    events = ContactEvent.objects.count()
    assert not +reread(follow.contact).changes
    assert ContactEvent.objects.count() == events


def test_the_same_texts_once_more_cost_no_call(corp, follow, operator):
    change(follow, operator)
    calls = corp.state.calls["externalcontact/remark"]
    assert not change(follow, operator)
    assert corp.state.calls["externalcontact/remark"] == calls


def test_a_remark_can_be_taken_away(corp, follow, operator):
    change(follow, operator)
    change(follow, operator, remark="", description="")
    assert in_wecom(corp, follow) == here(follow) == ("", "")


@pytest.mark.parametrize(("field", "most"), [("remark", 20), ("description", 150)])
def test_more_than_wecom_takes_is_not_sent(corp, follow, operator, field, most):
    change(follow, operator, **{field: "好" * most})
    with pytest.raises(InvalidInput) as caught:
        change(follow, operator, **{field: "好" * (most + 1)})
    assert caught.value.field == field


def test_a_lost_answer_is_looked_up_and_believed(corp, follow, operator):
    corp.state.faults.add(path="externalcontact/remark", kind="drop_after", count=1)
    assert change(follow, operator)
    assert here(follow) == in_wecom(corp, follow) == ("Ms Li", "likes tea")


def test_a_failure_without_effect_changes_nothing_here(corp, follow, operator):
    before = here(follow)
    corp.state.faults.add(path="externalcontact/remark", kind="http", value=502, count=1)
    with pytest.raises(RemarkRefused):
        change(follow, operator)
    assert here(follow) == in_wecom(corp, follow) == before


def test_a_refusal_says_what_helps_and_changes_nothing(corp, follow, operator):
    before = here(follow)
    corp.state.unfollow_by_staff(follow.staff.userid, follow.contact.external_userid)
    with pytest.raises(RemarkRefused):
        change(follow, operator)
    assert here(follow) == before


def test_an_ended_relation_has_no_remark_to_change(follow, operator):
    Follow.objects.filter(pk=follow.pk).update(status="by_contact", ended_at=NOW)
    with pytest.raises(RemarkRefused):
        change(follow, operator)
