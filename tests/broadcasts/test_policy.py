"""The pure rules, one table each."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from broadcasts.policy.conflict import Claim, is_rival
from broadcasts.policy.decision import Allow, Defer, Facts, Reason, Skip
from broadcasts.policy.governor import decide, rules_for
from broadcasts.policy.holdout import bucket
from broadcasts.policy.quiet_hours import is_lunch, longest_opening, next_quiet, quiet_until
from broadcasts.policy.terms import Terms

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=SHANGHAI)  # a Tuesday
TERMS = Terms(zone=SHANGHAI)


def at(hour, minute=0, day=10):
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def verdict(terms=TERMS, now=NOW, **facts):
    return decide(rules_for(terms), Facts(contact_id=1, **facts), now)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (at(21, 29), None),
        (at(21, 30), at(8, 30, day=11)),
        (at(23, 59), at(8, 30, day=11)),
        (at(0, 0), at(8, 30)),
        (at(8, 29), at(8, 30)),
        (at(8, 30), None),
        (at(22, 0).astimezone(UTC), at(8, 30, day=11)),
    ],
)
def test_the_night_is_quiet_across_midnight(moment, until):
    assert quiet_until(TERMS, moment) == until


def test_quiet_hours_may_lie_within_one_day_or_be_switched_off():
    lunch = Terms(zone=SHANGHAI, quiet_from=time(12), quiet_until=time(14))
    assert quiet_until(lunch, at(13)) == at(14)
    assert quiet_until(lunch, at(14)) is None
    never = Terms(zone=SHANGHAI, quiet_from=time(9), quiet_until=time(9))
    assert quiet_until(never, at(9)) is None
    assert next_quiet(never, at(9)) is None


def test_the_next_quiet_hours_begin_today_or_tomorrow():
    assert next_quiet(TERMS, at(9)) == at(21, 30)
    lunch = Terms(zone=SHANGHAI, quiet_from=time(12), quiet_until=time(14))
    assert next_quiet(lunch, at(15)) == at(12, day=11)


def test_the_lunch_break_is_a_second_silence_on_the_channels_that_keep_it():
    lunch = replace(TERMS, lunch_channels=frozenset({"group"}))
    group = lunch.over("group")
    assert quiet_until(lunch, at(13)) is None
    assert [quiet_until(group, at(12, minute)) for minute in (29, 30)] == [None, at(14)]
    assert quiet_until(group, at(14)) is None
    assert quiet_until(group, at(22)) == at(8, 30, day=11)
    assert [next_quiet(group, at(hour)) for hour in (9, 14)] == [at(12, 30), at(21, 30)]
    assert verdict(group, now=at(13)) == Defer(at(14), Reason.QUIET)
    assert verdict(replace(group, touch_class="service"), now=at(13)) == Defer(at(14), Reason.QUIET)
    assert [is_lunch(terms, at(13)) for terms in (lunch, group)] == [False, True]
    assert longest_opening(group) == timedelta(hours=7, minutes=30)
    # Where both overlap, the silence lasts until the later end.
    late = replace(group, quiet_until=time(13))
    assert quiet_until(late, at(12, 45)) == at(14)
    early = replace(group, quiet_from=time(13))
    assert quiet_until(early, at(12, 45)) == at(8, 30, day=11)
    assert longest_opening(replace(late, quiet_from=time(14))) == timedelta()


def test_a_friend_nobody_wrote_to_lately_is_allowed():
    assert verdict() == Allow()


def test_at_night_everybody_waits_for_the_morning():
    assert verdict(now=at(22)) == Defer(at(8, 30, day=11), Reason.QUIET)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_friend": False}, Reason.NOT_FRIEND),
        ({"staff_id": None}, Reason.NO_STAFF),
        ({"is_do_not_contact": True}, Reason.DO_NOT_CONTACT),
        ({"pause_until": NOW + timedelta(seconds=1)}, Reason.PAUSED),
        ({"cap_used": 4}, Reason.CAP),
        ({"last_touch_at": at(0, 0, day=8)}, Reason.GAP),
        ({"reserved_until": at(21, 30)}, Reason.CONFLICT),
        ({"quota_used": 31}, Reason.QUOTA),
        ({"total_used": 30}, Reason.TOTAL_CAP),
        ({"last_deep_at": at(0, 0, day=7)}, Reason.WHITE_SPACE),
        ({"touched_days": 21}, Reason.WHITE_SHARE),
        ({"is_wanted": True}, Reason.PRIORITY),
        # The first rule that does not allow has the word.
        ({"is_friend": False, "is_do_not_contact": True, "cap_used": 9}, Reason.NOT_FRIEND),
    ],
)
def test_each_rule_skips_for_its_reason(facts, reason):
    assert verdict(**facts) == Skip(reason)


@pytest.mark.parametrize(
    "facts",
    [
        {"pause_until": NOW},
        {"cap_used": 3},
        {"last_touch_at": at(23, 59, day=7)},
        {"reserved_until": at(21, 30, day=7)},
        {"quota_used": 30},
        {"total_used": 29},
        {"last_deep_at": at(23, 59, day=6)},
        {"touched_days": 20},
        # Welcomes of today and a topic nobody asks about.
        {"day_used": 9, "is_topic_off": True},
    ],
)
def test_just_below_a_bound_is_allowed(facts):
    assert verdict(**facts) == Allow()


def test_a_deep_touch_spares_new_friends_and_a_light_one_does_not():
    deep = Terms(zone=SHANGHAI, touch_class="deep")
    yesterday = NOW - timedelta(days=1)
    assert verdict(deep, first_followed_at=yesterday) == Skip(Reason.NURTURE)
    assert verdict(deep, first_followed_at=NOW - timedelta(days=3)) == Allow()
    assert verdict(first_followed_at=yesterday) == Allow()


def test_a_service_message_is_exempt_from_caps_but_not_from_wishes_night_and_quota():
    service = Terms(zone=SHANGHAI, touch_class="service", holdout_percent=50)
    busy = {"cap_used": 9, "last_touch_at": NOW, "reserved_until": NOW}
    for contact_id in range(50):
        facts = Facts(contact_id=contact_id, **busy)
        assert decide(rules_for(service), facts, NOW) == Allow()
    assert verdict(service, is_do_not_contact=True) == Skip(Reason.DO_NOT_CONTACT)
    assert verdict(service, quota_used=31) == Skip(Reason.QUOTA)
    assert isinstance(verdict(service, now=at(22)), Defer)


@pytest.mark.parametrize(
    ("quota", "since", "limit"),
    [
        ("days_in_month", at(0, day=1), 31),
        ("7_per_week", at(0, day=9), 7),
        ("1_per_day", at(0), 1),
    ],
)
def test_the_quota_is_what_the_corp_chose(quota, since, limit):
    terms = Terms(zone=SHANGHAI, quota=quota)
    assert terms.quota_since(NOW) == since
    assert terms.quota_limit(NOW) == limit


def test_a_gap_of_no_days_lets_a_second_message_pass_the_same_day():
    none = Terms(zone=SHANGHAI, gap_days=0)
    assert verdict(none, last_touch_at=NOW, reserved_until=at(21, 30)) == Allow()


def test_the_hold_out_is_the_asked_share_and_always_the_same_people():
    terms = Terms(zone=SHANGHAI, holdout_percent=10, holdout_salt="spring")
    held = {pk for pk in range(10_000) if decide(rules_for(terms), Facts(pk), NOW) != Allow()}
    assert held == {pk for pk in range(10_000) if bucket("spring", pk) < 10}
    assert 900 < len(held) < 1100
    other = {pk for pk in range(10_000) if bucket("autumn", pk) < 10}
    assert 50 < len(held & other) < 150


def test_a_rest_day_is_quiet_from_midnight_to_midnight_and_joins_the_nights_around_it():
    wednesday = Terms(zone=SHANGHAI, rest_weekdays=frozenset({3}))
    assert quiet_until(wednesday, at(22)) == at(8, 30, day=12)
    assert quiet_until(wednesday, at(12, day=11)) == at(8, 30, day=12)
    assert next_quiet(wednesday, at(12)) == at(21, 30)
    awake = Terms(zone=SHANGHAI, quiet_from=time(0), quiet_until=time(0))
    holiday = replace(awake, rest_dates=frozenset({date(2026, 3, 12)}))
    assert next_quiet(holiday, at(12)) == at(0, day=12)
    assert quiet_until(holiday, at(0, day=12)) == at(0, day=13)
    verdict_then = verdict(replace(TERMS, rest_dates=frozenset({date(2026, 3, 10)})))
    assert verdict_then == Defer(at(8, 30, day=11), Reason.REST_DAY)
    service = replace(wednesday, touch_class="service")
    assert isinstance(verdict(service, now=at(12, day=11)), Defer)


def test_a_topic_switched_off_stops_even_service_messages_about_it():
    news = replace(TERMS, topic=1, touch_class="service")
    assert verdict(news, is_topic_off=True) == Skip(Reason.TOPIC)


def test_deep_touches_have_a_cap_and_a_gap_of_their_own():
    deep = replace(TERMS, touch_class="deep", white_days=0)
    assert verdict(deep, class_used=2) == Skip(Reason.CLASS_CAP)
    assert verdict(class_used=2) == Allow()
    assert verdict(deep, last_deep_at=at(0, day=4)) == Skip(Reason.DEEP_GAP)
    assert verdict(deep, last_deep_at=at(23, 59, day=3)) == Allow()
    # One that is still on its way would arrive in the silence after it.
    eager = replace(TERMS, touch_class="deep", gap_days=0)
    assert verdict(eager, reserved_until=at(21)) == Skip(Reason.CONFLICT)
    assert verdict(replace(TERMS, gap_days=0), reserved_until=at(21)) == Allow()


def test_the_rules_of_a_group_message_are_those_about_too_much():
    group = replace(TERMS, channel="group")
    assert verdict(group, day_used=1) == Skip(Reason.CHANNEL_CAP)
    assert verdict(group, cap_used=9, last_touch_at=NOW, is_friend=False) == Allow()
    assert verdict(replace(group, group_daily_cap=None), day_used=9) == Allow()


def test_the_standing_hold_out_hears_no_marketing_and_grows_with_its_share():
    terms = replace(TERMS, standing_percent=5, standing_salt="all")

    def held(terms):
        rules = rules_for(terms)
        skipped = Skip(Reason.GLOBAL_HOLDOUT)
        return {pk for pk in range(2_000) if decide(rules, Facts(pk), NOW) == skipped}

    few, more = held(terms), held(replace(terms, standing_percent=10))
    assert 60 < len(few) < 140
    assert few < more
    assert not held(replace(terms, touch_class="service"))
    assert len(few & held(replace(terms, standing_salt="anew"))) < 20


@pytest.mark.parametrize(
    ("other", "is_one"),
    [
        ({"priority": 4}, True),
        ({"priority": 6}, False),
        ({"window_start": at(9)}, True),
        ({"window_start": at(11)}, False),
        ({"key": 1}, True),
        ({"key": 3}, False),
        ({"priority": 1, "window_start": at(10, day=12), "window_end": at(12, day=12)}, True),
        ({"priority": 1, "window_start": at(10, day=13), "window_end": at(12, day=13)}, False),
        ({"priority": 1, "window_end": NOW}, False),
    ],
)
def test_who_goes_first_is_decided_by_priority_then_window_then_age(other, is_one):
    mine = Claim(key=2, priority=5, window_start=at(10), window_end=at(18))
    assert is_rival(TERMS, mine, replace(mine, **{"key": 1, **other}), NOW) is is_one
