"""The planted effects of `bench.uplift` through the tables: written as recipients and orders, read by
the report of a broadcast.

Each run draws customers, a tenth of them held out, plants an effect, writes what they ordered before
and after, and compares the report's interval with the one that numpy works out from the same draws.
Exit 1 when a bound differs by more than a millionth, or, from 200 runs an effect on, when the
intervals cover in less than 93 % or more than 97 %.

Run: `python -m bench.uplift_sql [--runs 10]`; in full `--runs 500`.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench._database import throw_away_database

_CUSTOMERS, _HELD = 5_000, 500
_USUAL = 0.05
_PLANTED = {"none": 0.0, "small": 0.01, "large": 0.04}
_MIDDLE, _SPREAD = np.log(8_000), 0.7
_LEAST, _MOST, _ENOUGH_RUNS = 0.93, 0.97, 200
_FIXED = datetime(2026, 5, 1, 2, tzinfo=UTC)
_NOW = _FIXED + timedelta(days=30)
Values = NDArray[np.float64]

_PEOPLE = """
INSERT INTO contacts_contact (id, external_userid, name, kind, gender, avatar, corp_name, position,
    unionid, phone, profile, relation, first_followed_at, stage, stage_since, lost_kind, content_hash)
SELECT i, 'wm' || i, '', 1, 0, '', '', '', '', '', '{}', 'friend', %(since)s, 'new', %(since)s, '', ''
FROM generate_series(1, %(n)s) i
"""
_RECIPIENTS = """
INSERT INTO broadcasts_recipient (broadcast_id, contact_id, state, reason, batch_id, staff_id,
    external_userid, result)
SELECT %(broadcast)s, id, CASE WHEN held THEN 'held_out' ELSE 'chosen' END,
    '', CASE WHEN NOT held THEN %(batch)s END,
    CASE WHEN NOT held THEN %(staff)s END, 'wm' || id, ''
FROM unnest(%(ids)s::bigint[], %(held)s::boolean[]) drawn (id, held)
"""
_ORDERS = """
INSERT INTO contacts_order (source, external_id, contact_id, buyer_ref, buyer_unionid, buyer_phone,
    paid_at, paid_on, amount_fen, refunded_fen, imported_at)
SELECT 'bench', %(name)s || id, id, '', '', '', %(at)s, %(day)s, fen, 0, %(at)s
FROM unnest(%(ids)s::bigint[], %(fen)s::bigint[]) bought (id, fen)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1908)
    asked = parser.parse_args()
    began = time.monotonic()
    with throw_away_database():
        missed = _measure(asked.runs, np.random.default_rng(asked.seed))
    print(f"{time.monotonic() - began:.1f} s")
    return int(missed)


def _measure(runs: int, chance: np.random.Generator) -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"n": _CUSTOMERS, "since": _FIXED - timedelta(days=200)})
        cursor.execute("ANALYZE contacts_contact")
    broadcast = _broadcast()
    batch = _batch(broadcast)
    print(f"{runs:,} broadcasts each to {_CUSTOMERS:,} customers, {_HELD:,} of them held out")
    missed = False
    for name, added in _PLANTED.items():
        truth = added * float(np.exp(_MIDDLE + _SPREAD**2 / 2))
        found = [_run(batch, added, chance) for _number in range(runs)]
        covered = float(np.mean([low <= truth <= high for low, high, _apart in found]))
        apart = max(apart for _low, _high, apart in found)
        print(f"  {name:6} covered {covered:6.1%}   largest difference to numpy {apart:.1e}")
        missed |= apart > 1e-6 or (runs >= _ENOUGH_RUNS and not _LEAST <= covered <= _MOST)
    return missed


def _broadcast() -> Any:
    """Over since long, to everybody here."""
    from broadcasts.models import Broadcast
    from contacts.models import Segment

    rule = {"field": "relation", "op": "in", "value": ["friend"]}
    segment = Segment.objects.create(name="All", rule=rule, created_at=_FIXED, updated_at=_FIXED)
    return Broadcast.objects.create(
        name="Planted",
        benefit="None",
        segment=segment,
        segment_version=1,
        rule=rule,
        text="Words",
        state="finished",
        holdout_percent=round(100 * _HELD / _CUSTOMERS),
        chosen=_CUSTOMERS - _HELD,
        held_out=_HELD,
        window_start=_FIXED,
        window_end=_FIXED + timedelta(hours=1),
        created_at=_FIXED,
        scheduled_at=_FIXED,
        frozen_at=_FIXED,
        finished_at=_FIXED + timedelta(hours=1),
    )


def _batch(broadcast: Any) -> Any:
    from broadcasts.models import Batch
    from contacts.models import Staff

    return Batch.objects.create(
        broadcast=broadcast,
        staff=Staff.objects.create(userid="bench", name="Bench", status=1),
        seq=0,
        size=_CUSTOMERS - _HELD,
        state="accepted",
        msgid="bench",
        intent_at=_FIXED,
        confirmed_at=_FIXED + timedelta(hours=1),
        sent_count=_CUSTOMERS - _HELD,
        is_final=True,
    )


def _run(batch: Any, added: float, chance: np.random.Generator) -> tuple[float, float, float]:
    """Both bounds as the report has them, and how far they are from numpy's, relatively."""
    from django.db import connection

    from analytics.metrics.moments import Moments
    from analytics.metrics.uplift import cap_of, difference
    from analytics.selectors.broadcast_report import report

    is_held = np.zeros(_CUSTOMERS, bool)
    is_held[chance.permutation(_CUSTOMERS)[:_HELD]] = True
    habit = chance.normal(size=_CUSTOMERS)
    before = _orders(chance, np.full(_CUSTOMERS, 0.15), habit)
    usual = np.where(before > 0, 3 * _USUAL, _USUAL * (1 - 0.15 * 3) / 0.85)
    after = _orders(chance, usual, habit)
    came = (chance.random(_CUSTOMERS) < added) & ~is_held
    after += came * np.rint(np.exp(_MIDDLE + _SPREAD * chance.normal(size=_CUSTOMERS)))
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE broadcasts_recipient")
        cursor.execute("DELETE FROM contacts_order")
        ids = np.arange(1, _CUSTOMERS + 1)
        drawn = {
            "ids": ids.tolist(),
            "held": is_held.tolist(),
            "broadcast": batch.broadcast_id,
            "batch": batch.pk,
            "staff": batch.staff_id,
        }
        cursor.execute(_RECIPIENTS, drawn)
        for name, days, fen in (("before", -20, before), ("after", 3, after)):
            at = _FIXED + timedelta(days=days)
            some = {"ids": ids[fen > 0].tolist(), "fen": fen[fen > 0].astype(int).tolist()}
            cursor.execute(_ORDERS, {**some, "name": name, "at": at, "day": at.date()})
    arms = report(batch.broadcast, days=14, now=_NOW).arms
    found = difference(arms.treated["revenue"], arms.held["revenue"])
    y, x = np.minimum(after, cap_of(after)), np.minimum(before, cap_of(before))
    plain = difference(Moments.of(y[~is_held], x[~is_held]), Moments.of(y[is_held], x[is_held]))
    if found is None or plain is None:
        raise SystemExit("no interval")
    apart = max(abs(found.low - plain.low), abs(found.high - plain.high)) / plain.error
    return found.low, found.high, apart


def _orders(chance: np.random.Generator, rate: Values, habit: Values) -> Values:
    own = 0.8 * habit + 0.6 * chance.normal(size=habit.size)
    bought: Values = (chance.random(habit.size) < rate) * np.rint(np.exp(_MIDDLE + _SPREAD * own))
    return bought


if __name__ == "__main__":
    sys.exit(main())
