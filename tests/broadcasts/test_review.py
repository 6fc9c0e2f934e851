"""Approval: who may schedule, who has to ask, and what becomes of the asking."""

from datetime import timedelta

import pytest

from broadcasts.models import Broadcast, IllegalMove, PolicySettings
from broadcasts.services import compose, control, review
from broadcasts.services.control import NeedsApproval
from broadcasts.services.review import MayNotApprove
from groups.models import GroupFacts
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    member = rows.staff()
    rows.customer(member)
    return build.operator(role=Role.LEAD, staff_userid=member.userid)


@pytest.fixture
def manager():
    return build.operator(role=Role.OPERATOR)


@pytest.fixture
def draft(lead):
    return compose.create_draft(draft=rows.draft(), operator=lead, now=NOW)


def fresh(broadcast):
    return Broadcast.objects.get(pk=broadcast.pk)


def acts():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_role_without_the_right_asks_and_another_approves(draft, lead, manager):
    with pytest.raises(NeedsApproval):
        control.schedule(broadcast=fresh(draft), operator=lead, now=NOW)
    review.submit(broadcast=fresh(draft), operator=lead, now=NOW)
    with pytest.raises(IllegalMove):
        compose.update_draft(broadcast=fresh(draft), draft=rows.draft(), operator=lead, now=NOW)
    with pytest.raises(MayNotApprove):
        review.approve(broadcast=fresh(draft), operator=lead, now=NOW)
    review.approve(broadcast=fresh(draft), operator=manager, note="Fine", now=NOW)
    approved = fresh(draft)
    assert (approved.state, approved.submitted_by, approved.reviewed_by, approved.review_note) == (
        "scheduled",
        lead,
        manager,
        "Fine",
    )
    assert acts()[-2:] == ["broadcast.submit", "broadcast.approve"]


def test_sent_back_it_is_a_draft_again_with_a_word(draft, lead, manager):
    review.submit(broadcast=fresh(draft), operator=lead, now=NOW)
    with pytest.raises(InvalidInput):
        review.reject(broadcast=fresh(draft), operator=manager, note="  ", now=NOW)
    review.reject(broadcast=fresh(draft), operator=manager, note="Shorter", now=NOW)
    assert (fresh(draft).state, fresh(draft).review_note) == ("draft", "Shorter")
    review.submit(broadcast=fresh(draft), operator=lead, now=NOW)
    assert (fresh(draft).reviewed_by, fresh(draft).review_note) == (None, "")


def test_of_two_words_on_one_broadcast_the_first_counts(draft, lead, manager):
    review.submit(broadcast=fresh(draft), operator=lead, now=NOW)
    one, other = fresh(draft), fresh(draft)
    review.approve(broadcast=one, operator=manager, now=NOW)
    with pytest.raises(IllegalMove):
        review.reject(broadcast=other, operator=manager, note="No", now=NOW)
    with pytest.raises(IllegalMove):
        review.approve(broadcast=fresh(draft), operator=manager, now=NOW)
    assert fresh(draft).state == "scheduled"
    assert acts().count("broadcast.approve") == 1


def test_nobody_approves_a_draft_or_a_window_that_has_passed(draft, lead, manager):
    with pytest.raises(IllegalMove):
        review.approve(broadcast=fresh(draft), operator=manager, now=NOW)
    review.submit(broadcast=fresh(draft), operator=lead, now=NOW)
    with pytest.raises(InvalidInput):
        review.approve(broadcast=fresh(draft), operator=manager, now=NOW + timedelta(days=1))
    assert fresh(draft).state == "review"


def test_only_the_submitter_takes_it_back(draft, lead, manager):
    review.submit(broadcast=fresh(draft), operator=lead, now=NOW)
    with pytest.raises(IllegalMove):
        review.withdraw(broadcast=fresh(draft), operator=manager, now=NOW)
    review.withdraw(broadcast=fresh(draft), operator=lead, now=NOW)
    assert fresh(draft).state == "draft"


def test_a_large_one_needs_a_second_pair_of_eyes(draft, manager):
    PolicySettings.objects.create(approval_above=0)
    with pytest.raises(NeedsApproval):
        control.schedule(broadcast=fresh(draft), operator=manager, now=NOW)
    review.submit(broadcast=fresh(draft), operator=manager, now=NOW)
    with pytest.raises(MayNotApprove):
        review.approve(broadcast=fresh(draft), operator=manager, now=NOW)
    other = build.operator(role=Role.OPERATOR)
    review.approve(broadcast=fresh(draft), operator=other, now=NOW)
    assert fresh(draft).state == "scheduled"


def test_of_groups_the_members_count_and_not_the_groups(manager):
    PolicySettings.objects.create(approval_above=500)
    for size in (300, 201):
        GroupFacts.objects.filter(pk=rows.chat(rows.staff()).pk).update(size=size)
    spring = rows.to_groups(state="draft", scheduled_at=None, created_by=manager)
    with pytest.raises(NeedsApproval):
        control.schedule(broadcast=spring, operator=manager, now=NOW)
    GroupFacts.objects.filter(size=201).update(size=200)
    control.schedule(broadcast=fresh(spring), operator=manager, now=NOW)


def test_who_sees_no_customers_reaches_nobody_instead_of_failing(draft):
    stranger = build.operator(role=Role.LEAD)
    Broadcast.objects.update(created_by=stranger)
    with pytest.raises(InvalidInput):
        review.submit(broadcast=fresh(draft), operator=stranger, now=NOW)
