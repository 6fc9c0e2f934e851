"""A real shop's order log (CDNOW, one customer in ten), counted by the database and by hand."""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.db import connection

from analytics.board.figures import Figures
from analytics.models import ModelFit
from analytics.selectors.scope import EVERYBODY
from analytics.services.renewal import renew
from tests.analytics.building import contacts

pytestmark = pytest.mark.django_db

END = date(1998, 6, 30)
NOW = datetime(1998, 6, 30, 4, 0, tzinfo=UTC)
CALIBRATED = datetime(1997, 9, 30, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def log():
    """(customer 1 … 2357, day, fen) of each order line; the dollars of the file as yuan."""
    # Found without importing lifetimes, which takes seconds and warns.
    package = find_spec("lifetimes").submodule_search_locations[0]
    lines = (Path(package) / "datasets" / "CDNOW_sample.txt").read_text().splitlines()
    return [
        (int(number), datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date(), fen(dollars))
        for _master, number, day, _quantity, dollars in map(str.split, lines)
    ]


def fen(amount):
    return int(amount.replace(".", ""))


def import_log(log):
    people = [customer.pk for customer in contacts(2_357)]
    rows = io.StringIO(
        "".join(
            f"cdnow\t{line}\t{people[number - 1]}\t\t\t\t{day} 12:00+08\t{day}\t{amount}\t0\t{NOW}\n"
            for line, (number, day, amount) in enumerate(log)
        )
    )
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY contacts_order (source, external_id, contact_id, buyer_ref, buyer_unionid,"
            " buyer_phone, paid_at, paid_on, amount_fen, refunded_fen, imported_at) FROM STDIN",
            rows,
        )


def counted_by_hand(log):
    """{cohort: {months later: (buyers, fen)}} with nothing but dictionaries."""
    months = defaultdict(lambda: defaultdict(int))
    for customer, day, amount in log:
        months[customer][day.year * 12 + day.month] += amount
    cohorts = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    for spent in months.values():
        first = min(spent)
        for month, amount in spent.items():
            buyers, so_far = cohorts[first][month - first]
            cohorts[first][month - first] = (buyers + 1, so_far + amount)
    return cohorts


def test_the_cohort_matrix_is_what_counting_by_hand_gives(log):
    import_log(log)
    renew(now=NOW)
    matrix = Figures(scope=EVERYBODY, now=NOW).matrix
    by_hand = counted_by_hand(log)
    assert int(matrix.size.sum()) == 2_357
    assert len(by_hand) == 3
    for row, month in enumerate(matrix.months):
        cohort = by_hand[month.astype(date).year * 12 + month.astype(date).month]
        for later in range(len(matrix.months) - row):
            buyers, amount = cohort[later]
            assert matrix.active[row, later] == buyers
            assert matrix.revenue[row, later] == amount


def test_the_dashboard_adds_up_to_the_log_to_the_fen(log):
    import_log(log)
    renew(now=NOW)
    figures = Figures(scope=EVERYBODY, now=NOW)
    total = sum(amount for _customer, _day, amount in log)
    assert figures.overview.net_fen == figures.overview.revenue_fen == total
    assert sum(month.total_fen for month in figures.revenue) == total
    assert sum(cohort.net_fen for cohort in figures.cohort_values) == total
    assert figures.overview.orders == len(log) == 6_919
    assert figures.overview.buyers == 2_357


def test_fitted_through_the_database_the_model_has_its_published_parameters(log):
    import_log([line for line in log if line[1] <= date(1997, 9, 30)])
    renew(now=CALIBRATED)
    fit = ModelFit.objects.get(kind="mbgnbd")
    assert fit.customers == 2_357
    assert fit.repeaters == 946
    # Published in weeks, fitted in days: α has the unit of time, and so has the likelihood.
    assert fit.parameters["r"] == pytest.approx(0.52484, rel=1e-3)
    assert fit.parameters["alpha"] / 7 == pytest.approx(6.18308, rel=1e-3)
    assert fit.parameters["a"] == pytest.approx(0.89136, rel=2e-3)
    assert fit.parameters["b"] == pytest.approx(1.61400, rel=2e-3)
    spending = ModelFit.objects.get(kind="gamma_gamma").parameters
    assert spending["p"] == pytest.approx(6.25, rel=1e-3)
    assert spending["q"] == pytest.approx(3.744, rel=1e-3)
    assert spending["v"] / 100 == pytest.approx(15.444, rel=1e-3)
