"""From when a customer may be written to: as the governor would say then, and not a moment before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcasts.models import Touch
from broadcasts.policy.decision import Allow, Facts, Reason
from broadcasts.policy.governor import decide, rules_for
from broadcasts.policy.next_moment import next_moment
from broadcasts.policy.terms import Terms
from broadcasts.selectors.touches import touch_budget
from broadcasts.services.dispatch import deliver_batch
from contacts.models import Contact
from tests.broadcasts import rows
from tests.broadcasts.rows import SHANGHAI
from tests.contacts.rows import NOW, staff

MINUTES = st.integers(-40 * 24 * 60, 40 * 24 * 60).map(lambda m: NOW + timedelta(minutes=m))
PAST = st.integers(0, 40 * 24 * 60).map(lambda m: timedelta(minutes=m))


@st.composite
def situations(draw):
    """Terms, facts and a moment; the last touch is before it."""
    now = draw(MINUTES)
    terms = Terms(
        zone=SHANGHAI,
        monthly_cap=draw(st.integers(1, 6)),
        gap_days=draw(st.integers(0, 10)),
        quota=draw(st.sampled_from(["days_in_month", "7_per_week", "1_per_day"])),
        total_cap=draw(st.sampled_from([None, 3])),
        light_cap=draw(st.sampled_from([None, 2])),
        white_days=draw(st.integers(0, 5)),
        white_share=draw(st.sampled_from([0, 90])),
        rest_weekdays=draw(st.sampled_from([frozenset(), frozenset({6, 7})])),
    )
    since = draw(st.none() | PAST)
    facts = Facts(
        contact_id=1,
        pause_until=draw(st.none() | MINUTES),
        cap_used=draw(st.integers(0, 6)),
        class_used=draw(st.integers(0, 3)),
        total_used=draw(st.integers(0, 4)),
        touched_days=draw(st.integers(0, 4)),
        last_deep_at=draw(st.none() | PAST.map(lambda ago: now - ago)),
        quota_used=draw(st.integers(0, 32)),
        last_touch_at=None if since is None else now - since,
        reserved_until=draw(st.none() | MINUTES),
    )
    return terms, facts, now


def as_of(terms, facts, now, then):
    """The same facts later, when nothing was sent in between: counts begin anew."""
    changes = {}
    if terms.month_start(then) != terms.month_start(now):
        changes |= dict.fromkeys(["cap_used", "class_used", "total_used", "touched_days"], 0)
    if terms.quota_since(then) != terms.quota_since(now):
        changes["quota_used"] = 0
    return replace(facts, **changes)


@settings(deadline=None)
@given(situations())
def test_the_governor_agrees_then_and_disagrees_before(situation):
    terms, facts, now = situation
    rules = rules_for(terms)
    found = next_moment(terms, facts, now).at
    assert found is not None
    assert found >= now
    assert isinstance(decide(rules, as_of(terms, facts, now, found), found), Allow)
    if found > now:
        before = found - timedelta(seconds=1)
        assert not isinstance(decide(rules, as_of(terms, facts, now, before), before), Allow)
        assert next_moment(terms, facts, now).reasons
    else:
        assert next_moment(terms, facts, now).reasons == ()


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(1, is_friend=False), Reason.NOT_FRIEND),
        (Facts(1, staff_id=None), Reason.NO_STAFF),
        (Facts(1, is_do_not_contact=True), Reason.DO_NOT_CONTACT),
    ],
)
def test_what_no_waiting_helps_against_has_no_moment(facts, reason):
    found = next_moment(Terms(zone=SHANGHAI), facts, NOW)
    assert (found.at, found.reasons) == (None, (reason,))


@pytest.mark.django_db
def test_touches_are_counted_by_channel_in_six_queries(django_assert_num_queries):
    person = rows.customer(staff(is_following=True))
    for days, channel in ((1, "private"), (5, "private"), (2, "group"), (40, "moment")):
        Touch.objects.create(
            contact=person, channel=channel, touch_class="light", at=NOW - timedelta(days=days)
        )
    with django_assert_num_queries(6):
        budget = touch_budget(person.pk, now=NOW)
    assert [use.number for use in budget.channels] == [2, 1, 0, 0, 0]
    assert (budget.used, budget.cap, budget.is_free) == (2, 4, False)
    assert budget.next_at == NOW.astimezone(SHANGHAI).replace(
        day=12, hour=8, minute=30, second=0, microsecond=0
    )


@pytest.mark.django_db
def test_a_place_in_a_broadcast_under_way_counts_like_a_touch(corp):
    (member,) = rows.crew(corp, 1, per_head=1)
    person = Contact.objects.get(follows__staff=member)
    assert touch_budget(person.pk, now=NOW).is_free
    broadcast = rows.frozen()
    for batch in broadcast.batches.all():
        deliver_batch(batch_id=batch.pk, now=NOW)
    budget = touch_budget(person.pk, now=NOW)
    assert (budget.promised, budget.used, budget.is_free) == (1, 1, False)
