"""The set-based verdict is the pure verdict, on random customers, rules and clocks."""

from datetime import timedelta
from itertools import count

from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from broadcasts.models import Batch, PolicySettings, Recipient
from broadcasts.policy.conflict import is_rival
from broadcasts.policy.decision import Allow, Facts, Reason
from broadcasts.policy.governor import decide, rules_for
from broadcasts.policy.history import Past, Promise, counted
from broadcasts.selectors.one_verdict import verdict_for
from broadcasts.selectors.policy import terms_of
from broadcasts.selectors.rivals import claim_of
from broadcasts.services.audience import freeze
from contacts.models import ContactFacts, Preference, Topic
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW, SHANGHAI

touches = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["private", "private", "group", "moment"]),
        st.sampled_from(["light", "light", "deep", "service"]),
    ),
    max_size=7,
)
people = st.fixed_dictionaries(
    {
        "relation": st.sampled_from(["friend", "friend", "friend", "lost"]),
        "has_staff": st.sampled_from([True, True, True, False]),
        "do_not_contact": st.sampled_from([False, False, False, True]),
        "pause_hours": st.sampled_from([None, None, -1, 0, 5]),
        "topic_off": st.booleans(),
        "known_days": st.integers(0, 8),
        "touches": touches,
        "promised": st.sampled_from([None, None, "light", "deep", "service"]),
        "wanted": st.booleans(),
    }
)
house = st.fixed_dictionaries(
    {
        "monthly_cap": st.integers(1, 5),
        "light_cap": st.sampled_from([None, 1, 3]),
        "deep_cap": st.sampled_from([None, 1, 2]),
        "total_cap": st.sampled_from([None, 2, 5]),
        "gap_days": st.integers(0, 5),
        "deep_gap_days": st.integers(0, 7),
        "white_days": st.integers(0, 4),
        "white_share": st.sampled_from([0, 30, 90]),
        "quota": st.sampled_from(["days_in_month", "7_per_week", "1_per_day"]),
        "standing_percent": st.sampled_from([0, 0, 20]),
    }
)
worlds = st.fixed_dictionaries(
    {
        "people": st.lists(people, min_size=1, max_size=6),
        "house": house,
        "touch_class": st.sampled_from(["light", "deep", "service"]),
        "holdout_percent": st.sampled_from([0, 10, 50]),
        "about_topic": st.booleans(),
        "priority": st.sampled_from([None, 1, 9]),
        "day": st.integers(1, 28),
        "hour": st.integers(9, 21),
    }
)


@given(world=worlds)
@hypothesis_settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_set_based_verdict_is_the_pure_verdict(world, db):
    with transaction.atomic():
        _verdicts_agree(world)
        transaction.set_rollback(True)


def _verdicts_agree(world):
    now = NOW.astimezone(SHANGHAI).replace(day=world["day"], hour=world["hour"])
    PolicySettings.objects.update_or_create(
        pk=1, defaults={**world["house"], "standing_salt": "all", "standing_since": now}
    )
    topic = Topic.objects.create(name="News")
    window = {"window_start": now, "window_end": now + timedelta(hours=1)}
    others = {
        kind: rows.broadcast(touch_class=kind, state="waiting", frozen_at=now, **window)
        for kind in ("light", "deep", "service")
    }
    known = [(_person(case, others, topic, now), case) for case in world["people"]]
    rival = None
    if world["priority"]:
        wanted = rows.segment({"field": "contact.bucket", "op": "=", "value": 78})
        rival = rows.broadcast(priority=world["priority"], segment=wanted, **window)
    subject = rows.broadcast(
        touch_class=world["touch_class"],
        holdout_percent=world["holdout_percent"],
        topic=topic if world["about_topic"] else None,
        segment=rows.segment({"field": "contact.bucket", "op": ">=", "value": 77}),
        **window,
    )
    terms = terms_of(subject)
    is_kept = rival is not None and is_rival(terms, claim_of(subject), claim_of(rival), now)
    expected = {}
    for person, case in known:
        facts = _facts(person, case, terms, now, is_wanted=is_kept and case["wanted"])
        decision = decide(rules_for(terms), facts, now)
        expected[person.pk] = "" if decision == Allow() else decision.reason.value
        if expected[person.pk] != Reason.PRIORITY:
            assert verdict_for(person.pk, terms=terms, now=now) == decision
    freeze(broadcast_id=subject.pk, now=now)
    found = {
        row.contact_id: "held_out" if row.state == "held_out" else row.reason
        for row in Recipient.objects.filter(broadcast=subject)
    }
    assert found == expected


_seq = count()


def _person(case, others, topic, now):
    lost = {"lost_at": now} if case["relation"] == "lost" else {}
    member = rows.staff() if case["has_staff"] else None
    person = rows.customer(
        member,
        relation=case["relation"],
        first_followed_at=now - timedelta(days=case["known_days"], seconds=1),
        **lost,
    )
    ContactFacts.objects.filter(pk=person.pk).update(bucket=78 if case["wanted"] else 77)
    Preference.objects.create(
        contact=person,
        is_do_not_contact=case["do_not_contact"],
        pause_until=_pause(case, now),
        topics_off=[topic.pk] if case["topic_off"] else [],
        updated_at=now,
    )
    for days, channel, touch_class in case["touches"]:
        at = now - timedelta(days=days)
        rows.touch(person, at=at, channel=channel, touch_class=touch_class)
    if case["promised"]:
        other, sender = others[case["promised"]], rows.staff()
        batch = Batch.objects.create(broadcast=other, staff=sender, size=1, seq=next(_seq))
        Recipient.objects.create(
            broadcast=other, contact=person, state="chosen", batch=batch, staff=sender
        )
    return person


def _facts(person, case, terms, now, *, is_wanted):
    """The facts counted by the pure form, from what the case says."""
    known = Facts(
        contact_id=person.pk,
        is_friend=case["relation"] == "friend",
        staff_id=1 if case["has_staff"] else None,
        is_do_not_contact=case["do_not_contact"],
        pause_until=_pause(case, now),
        is_topic_off=case["topic_off"],
        first_followed_at=person.first_followed_at,
        is_wanted=is_wanted,
    )
    moments = [(now - timedelta(days=days), *kind) for days, *kind in case["touches"]]
    past = [Past(at, at.astimezone(terms.zone).date(), *kind) for at, *kind in moments]
    promised = case["promised"]
    promises = [Promise(now + timedelta(hours=1), promised)] if promised else []
    return counted(known, past, promises, terms, now)


def _pause(case, now):
    hours = case["pause_hours"]
    return None if hours is None else now + timedelta(hours=hours)
