"""Whatever is sent in whatever order: nothing in the quiet hours, nobody over a cap (F17)."""

import random
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from django.db import transaction

from broadcasts.models import Batch, PolicySettings, Recipient, Touch
from broadcasts.policy.decision import Allow, Facts
from broadcasts.policy.governor import decide, rules_for
from broadcasts.policy.history import Past, counted
from broadcasts.policy.terms import Terms
from broadcasts.services.audience import freeze
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW, SHANGHAI

TERMS = Terms(
    zone=SHANGHAI,
    rest_weekdays=frozenset({7}),
    rest_dates=frozenset({date(2026, 2, 17), date(2026, 2, 18)}),
    lunch_channels=frozenset({"group"}),
    total_cap=6,
    light_cap=5,
)
CUSTOMERS, DAYS = 10_000, 90


def test_ten_thousand_customers_in_ninety_days_hear_nothing_at_night_and_never_too_much():
    chance = random.Random(17)
    begin = datetime(2026, 1, 20, tzinfo=SHANGHAI)
    rules = {
        kind: rules_for(Terms(**{**vars(TERMS), "channel": kind[0], "touch_class": kind[1]}))
        for kind in _kinds()
    }
    heard: dict[int, list[Past]] = defaultdict(list)
    for minutes in sorted(chance.sample(range(DAYS * 24 * 60), 160)):
        now = begin + timedelta(minutes=minutes)
        # Somebody loud aims at the same few thousand again and again.
        start = chance.choice([0, 0, chance.randrange(CUSTOMERS)])
        kind = chance.choice(_kinds())
        _send(heard, rules[kind], kind, now, range(start, min(start + 500, CUSTOMERS)))
    sent = [(who, touch) for who, touches in heard.items() for touch in touches]
    assert len(sent) > 5_000
    for _who, touch in sent:
        local = touch.at.astimezone(SHANGHAI)
        assert time(8, 30) <= local.time() < time(21, 30)
        assert touch.channel != "group" or not time(12, 30) <= local.time() < time(14)
        assert local.isoweekday() != 7
        assert local.date() not in TERMS.rest_dates
    for touches in heard.values():
        _check(touches, TERMS)


def _kinds():
    return [("private", "light"), ("private", "deep"), ("group", "light"), ("moment", "deep")]


def _send(heard, rules, kind, now, customers):
    terms = Terms(**{**vars(TERMS), "channel": kind[0], "touch_class": kind[1]})
    for customer in customers:
        facts = counted(Facts(customer), heard[customer], (), terms, now)
        if isinstance(decide(rules, facts, now), Allow):
            day = now.astimezone(SHANGHAI).date()
            heard[customer].append(Past(now, day, *kind))


def _check(touches, terms):
    """One customer's touches against every figure, counted in another way than the rules do."""
    months = defaultdict(list)
    for touch in touches:
        months[touch.day.replace(day=1)].append(touch)
    for month, own in months.items():
        assert sum(touch.channel == "private" for touch in own) <= terms.monthly_cap
        kinds = Counter(touch.touch_class for touch in own)
        assert kinds["deep"] <= terms.deep_cap
        assert terms.light_cap is None or kinds["light"] <= terms.light_cap
        assert len(own) <= terms.total_cap
        noon = datetime.combine(month, time(12), SHANGHAI)
        assert len({touch.day for touch in own}) <= terms.touch_days_allowed(noon)
    daily = Counter((touch.channel, touch.day) for touch in touches)
    assert all(number <= 1 for (channel, _day), number in daily.items() if channel != "private")
    private = [touch.day for touch in touches if touch.channel == "private"]
    assert all((b - a).days >= terms.gap_days for a, b in pairwise(private))
    for place, touch in enumerate(touches):
        if touch.touch_class == "deep":
            for after in touches[place + 1 :]:
                apart = (after.day - touch.day).days
                assert apart > terms.white_days
                assert after.touch_class != "deep" or apart >= terms.deep_gap_days


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [3, 20])
def test_no_sequence_of_broadcasts_and_crashes_passes_a_cap(seed):
    PolicySettings.objects.create(
        pk=1, monthly_cap=3, gap_days=2, deep_cap=1, light_cap=2, white_days=2, total_cap=5
    )
    chance = random.Random(seed)
    members = [rows.staff() for _each in range(3)]
    people = [rows.customer(chance.choice(members)) for _each in range(12)]
    for day in range(40):
        at = (NOW + timedelta(days=day)).astimezone(SHANGHAI).replace(hour=10)
        for person in chance.sample(people, 2):
            rows.touch(person, at=at - timedelta(hours=1), channel="group")
        for _each in range(chance.choice([0, 1, 1, 2])):
            _one_broadcast(chance, at)
        _results(chance, at + timedelta(hours=2))
    terms = Terms(
        zone=SHANGHAI,
        monthly_cap=3,
        gap_days=2,
        deep_cap=1,
        white_days=2,
        light_cap=None,
        total_cap=99,
        white_share=0,
        deep_gap_days=7,
        group_daily_cap=9,
    )
    private = Touch.objects.filter(channel="private")
    assert private.count() > 30
    for person in people:
        _check([_past(touch) for touch in private.filter(contact=person).order_by("at")], terms)


def _one_broadcast(chance, at):
    spring = rows.broadcast(
        touch_class=chance.choice(["light", "light", "deep"]),
        priority=chance.choice([1, 5, 9]),
        window_start=at,
        window_end=at + timedelta(hours=8),
    )
    if chance.random() < 0.4:
        # The process dies before its transaction ends.
        with transaction.atomic():
            freeze(broadcast_id=spring.pk, now=at)
            transaction.set_rollback(True)
    if chance.random() < 0.9:
        freeze(broadcast_id=spring.pk, now=at)


def _results(chance, at):
    """Staff confirm some batches, some stay open for days, some are taken back."""
    for batch in Batch.objects.filter(is_final=False).select_related("broadcast"):
        fate = chance.choice(["sent", "sent", "partly", "open", "cancelled"])
        if fate in {"sent", "partly"} and at < batch.broadcast.window_end:
            got = list(Recipient.objects.filter(batch=batch, result=""))
            for recipient in got if fate == "sent" else got[::2]:
                Touch.objects.get_or_create(
                    broadcast=batch.broadcast,
                    contact_id=recipient.contact_id,
                    defaults={
                        "channel": "private",
                        "touch_class": batch.broadcast.touch_class,
                        "at": at,
                    },
                )
        if fate in {"sent", "cancelled"}:
            Batch.objects.filter(pk=batch.pk).update(is_final=True, state="cancelled")


def _past(touch):
    day = touch.at.astimezone(SHANGHAI).date()
    return Past(touch.at, day, touch.channel, touch.touch_class)
