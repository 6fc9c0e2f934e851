"""What changed house rules would have done to the touches of the last 30 days (规则预览)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from broadcasts.policy.decision import Facts, Reason
from broadcasts.policy.history import Past
from broadcasts.policy.replay import Replay
from broadcasts.policy.terms import Terms
from broadcasts.selectors.reasons import reason_words

SHOWN_DAYS = 30
# The rules count from the first of a month, or over at most 31 days.
_COUNTED_BEFORE = timedelta(days=32)
MOST_TOUCHES = 100_000

_COUNT = """
SELECT count(*) FROM broadcasts_touch
WHERE at >= %(since)s AND at < %(now)s AND touch_class <> 'service'
"""

# Every n-th customer with all her touches, so that what is left out is counted as it would be.
_TOUCHES = """
SELECT touch.contact_id, facts.first_followed_at, touch.at,
    (touch.at AT TIME ZONE %(zone)s)::date, touch.channel, touch.touch_class
FROM broadcasts_touch touch
LEFT JOIN contacts_contactfacts facts ON facts.contact_id = touch.contact_id
WHERE touch.at >= %(from)s AND touch.at < %(now)s AND touch.contact_id %% %(every)s = 0
ORDER BY touch.contact_id, touch.at, touch.id
"""


@dataclass(frozen=True)
class Change:
    """How many touches one rule leaves out, by the rules in force and by the changed ones."""

    words: str
    now: int
    then: int

    @property
    def more(self) -> int:
        return self.then - self.now


@dataclass(frozen=True)
class Effect:
    """What was looked at, and what would be left out of it.

    `every` is 1, or n when only every n-th customer was looked at; then all figures are of the
    sample. `spared` are customers who would have heard less by the changed rules than by those in
    force, `pressed` those who would have heard more.
    """

    touches: int
    customers: int
    every: int
    changes: list[Change]
    spared: int
    pressed: int

    @property
    def now(self) -> int:
        return sum(change.now for change in self.changes)

    @property
    def then(self) -> int:
        return sum(change.then for change in self.changes)

    @property
    def is_sample(self) -> bool:
        return self.every > 1


def effect(in_force: Terms, changed: Terms, *, now: datetime, most: int = MOST_TOUCHES) -> Effect:
    """Two queries; at most about `most` touches are played again, by both sets of rules."""
    since = now - timedelta(days=SHOWN_DAYS)
    every = max(1, -(-_number(since, now) // most))
    by_rule: tuple[Counter[Reason], Counter[Reason]] = (Counter(), Counter())
    replays = (Replay(in_force), Replay(changed))
    touches = customers = spared = pressed = 0
    for known, past in _customers(in_force, since=since, now=now, every=every):
        judged = sum(touch.is_marketing and touch.at >= since for touch in past)
        if not judged:
            continue
        touches += judged
        customers += 1
        sizes = []
        for replay, counts in zip(replays, by_rule, strict=True):
            left_out = replay.left_out(known, past, since=since)
            counts.update(reason for _touch, reason in left_out)
            sizes.append(len(left_out))
        spared += sizes[1] > sizes[0]
        pressed += sizes[1] < sizes[0]
    return Effect(touches, customers, every, _changes(*by_rule), spared, pressed)


def _changes(now: Counter[Reason], then: Counter[Reason]) -> list[Change]:
    return [
        Change(reason_words(reason), now[reason], then[reason])
        for reason in Reason
        if now[reason] or then[reason]
    ]


def _number(since: datetime, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"since": since, "now": now})
        (number,) = cursor.fetchone()
    return int(number)


def _customers(
    terms: Terms, *, since: datetime, now: datetime, every: int
) -> Iterator[tuple[Facts, list[Past]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _TOUCHES,
            {
                "from": since - _COUNTED_BEFORE,
                "now": now,
                "every": every,
                "zone": terms.zone.key,
            },
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    for contact_id, touches in groupby(rows, key=itemgetter(0)):
        own = list(touches)
        known = Facts(contact_id=contact_id, first_followed_at=own[0][1])
        yield known, [Past(*touch[2:]) for touch in own]
