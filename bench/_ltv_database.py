"""The nightly fit from Postgres back to Postgres: read, fit, forecast, write every buyer's row.

The back-test is not in it; it reads the ledger itself and is another part of the night.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from bench._database import throw_away_database
from bench._memory import worked
from bench.metrics import server_worked

if TYPE_CHECKING:
    from bench.ltv import Shop

TODAY = date(2026, 7, 1)
NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
STAGES = ("read", "fit", "forecast", "write")

Seconds = dict[str, float]


def measured(shop: Shop, *, rounds: int) -> list[Seconds]:
    """Wall seconds of each stage and of all ("total"), one entry a round; "cpu" and "postgres" are
    the processor seconds of this process and of the server."""
    with throw_away_database():
        _fill(shop)
        return [_round() for _ in range(rounds)]


def _fill(shop: Shop) -> None:
    """The customers of the shop as the rows that a refresh leaves; weeks become days."""
    from django.db import connection, transaction

    from analytics.selectors import columns

    history, value = shop
    x, t_x, watched = (np.asarray(column) for column in history)
    days = {
        name: np.rint(7 * weeks).astype(np.int64) for name, weeks in (("t_x", t_x), ("T", watched))
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE made (contact_id bigint, x bigint, t_x bigint, t bigint, fen bigint)"
            " ON COMMIT DROP"
        )
        columns.write(
            "made",
            {
                "contact_id": np.arange(1, len(x) + 1),
                "x": x.astype(np.int64),
                "t_x": days["t_x"],
                "t": days["T"],
                "fen": np.rint(100 * value * x).astype(np.int64),
            },
        )
        cursor.execute(
            """
            INSERT INTO analytics_contactmetrics (contact_id, first_on, second_on, last_on,
                purchase_days, orders, revenue_fen, refunded_fen, first_day_fen, computed_at)
            SELECT contact_id, %(today)s - t::int,
                CASE WHEN x > 0 THEN %(today)s - t::int + greatest(1, (t_x / x)::int) END,
                %(today)s - t::int + t_x::int, x + 1, x + 1, fen + 3500, 0, 3500, %(now)s
            FROM made
            """,
            {"today": TODAY, "now": NOW},
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE analytics_contactmetrics")


def _round() -> Seconds:
    import os

    from django.db import connection, transaction

    from analytics.metrics import gamma_gamma, mbgnbd
    from analytics.selectors import histories
    from analytics.selectors.models import Worth
    from analytics.services import forecast

    spent: Seconds = {}
    server = server_worked()
    cpu, began = worked(os.getpid()), time.perf_counter()
    known = histories.until(TODAY)
    spent["read"] = _since(began)
    buying = mbgnbd.fit(known.history).parameters
    spending = gamma_gamma.fit(known.history.x, known.repeat_mean).parameters
    spent["fit"] = _since(began) - spent["read"]
    expected = forecast.expected_of(buying, Worth(spending, 0.0), known)
    spent["forecast"] = _since(began) - sum(spent.values())
    later = NOW + timedelta(seconds=began)
    if len(known) > forecast.ALONE:
        forecast.write_side_by_side(known, expected, now=later)
    else:
        with transaction.atomic():
            forecast.write(known, expected, now=later)
    spent["write"] = _since(began) - sum(spent.values())
    spent["total"] = _since(began)
    spent["cpu"] = worked(os.getpid()) - cpu
    spent["postgres"] = server_worked() - server
    with connection.cursor() as cursor:
        # What autovacuum does between two nights.
        cursor.execute("VACUUM ANALYZE analytics_contactmetrics")
    return spent


def _since(began: float) -> float:
    return time.perf_counter() - began
