"""Choosing the churn alerts of a day against the bare top N of each staff member in SQL.

The floor ranks stored losses of all friends with a forecast and takes ten for each staff member:
no signs, no relations, no messages, no governor, no reasons, nothing written. Medians of three
rounds, in turn. Run: `python -m bench.alerts`; in full `python -m bench.alerts --customers 1000000`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from bench._customers import load
from bench._database import throw_away_database

ROUNDS = 3
STAFF = 500

_METRICS = """
INSERT INTO analytics_contactmetrics (contact_id, first_on, second_on, last_on, purchase_days,
    orders, revenue_fen, refunded_fen, first_day_fen, computed_at, p_alive, expected_orders,
    predicted_fen, predicted_low_fen, predicted_high_fen, predicted_at)
SELECT contact_id, last_order_on - (order_count - 1) * 9,
    CASE WHEN order_count > 1 THEN last_order_on - (order_count - 2) * 9 END, last_order_on,
    order_count, order_count, revenue_fen, refunded_fen, revenue_fen / order_count, now(),
    exp(-(current_date - last_order_on) / 90.0), 2, 2 * revenue_fen / order_count, 0,
    4 * revenue_fen / order_count, now()
FROM contacts_contactfacts WHERE order_count > 0
"""
_ORDERS_IN_LINE = "UPDATE contacts_contactfacts SET first_order_on = last_order_on - (order_count - 1) * 9 WHERE order_count > 0"
_TOUCHES = """
INSERT INTO broadcasts_touch (contact_id, staff_id, channel, touch_class, at)
SELECT contact_id, staff_ids[1], 'private', 'light', now() - n * interval '9 days'
FROM contacts_contactfacts, generate_series(1, 5) n
WHERE (contact_id + n) % 2 = 0 ORDER BY n DESC
"""
_FLOOR = """
SELECT count(*) FROM (
    SELECT follow.staff_id, bought.contact_id, row_number() OVER (
        PARTITION BY follow.staff_id
        ORDER BY (1 - bought.p_alive) * bought.predicted_fen / bought.p_alive DESC) AS place
    FROM analytics_contactmetrics bought
    JOIN contacts_follow follow ON follow.contact_id = bought.contact_id
        AND follow.status = 'active'
) ranked WHERE place <= 10
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=50_000)
    customers = parser.parse_args().customers
    with throw_away_database():
        fill(customers)
        measure(customers)


def fill(customers: int) -> None:
    from django.db import connection

    from analytics.models import ModelFit

    load(customers=customers, staff=STAFF)
    with connection.cursor() as cursor:
        for statement in (_ORDERS_IN_LINE, _METRICS, _TOUCHES):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")
    for kind in ModelFit.Kind:
        ModelFit.objects.create(
            kind=kind,
            parameters={},
            customers=customers,
            repeaters=0,
            log_likelihood=0,
            converged=True,
            data_from="2025-01-01",
            data_to="2026-01-01",
            created_at=datetime.now(UTC),
        )


def measure(customers: int) -> None:
    from django.db import connection

    from analytics.selectors.unfriend_risk import cells
    from analytics.services.alert_choice import choose_alerts

    times: dict[str, list[float]] = {name: [] for name in ("floor", "hazards", "choose")}
    made = considered = 0
    began_at = datetime.now(UTC)
    # The first choice counts the hazards, which the others use again.
    choose_alerts(now=began_at)
    forget()
    for number in range(ROUNDS):
        now = began_at + timedelta(days=number + 1)
        with connection.cursor() as cursor:
            times["floor"].append(seconds(partial(cursor.execute, _FLOOR)))
        times["hazards"].append(seconds(partial(cells, until=began_at)))
        began = time.perf_counter()
        run = choose_alerts(now=now)
        times["choose"].append(time.perf_counter() - began)
        made, considered = (run.made, run.considered) if run else (0, 0)
        forget()
    middle = {name: statistics.median(measured) for name, measured in times.items()}
    print(f"{customers:,} customers, {STAFF} staff; {made:,} alerts of {considered:,} considered")
    print("  seconds, ratio to the floor")
    for name, words in (
        ("floor", "bare SQL top 10 of each staff member"),
        ("choose", "choose and write the alerts"),
        ("hazards", "count the risk of unfriending (weekly)"),
    ):
        print(f"  {words:40} {middle[name]:8.3f}  {middle[name] / middle['floor']:6.2f}")


def forget() -> None:
    """The alerts, so that each round chooses from all; the count of hazards stays."""
    from analytics.models import ChurnAlert

    ChurnAlert.objects.all().delete()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
