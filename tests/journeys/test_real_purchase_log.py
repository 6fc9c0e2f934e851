"""A real shop's log goes all the way: buyers in WeCom, synced over HTTP, orders from a file.

The log is CDNOW's: every order of the 23,570 people who first bought in the first quarter of 1997.
It comes with the development dependency `lifetimes`.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.utils import timezone

from analytics.board.figures import Figures
from analytics.models import KeptAnswer
from analytics.selectors.scope import EVERYBODY
from analytics.services.keep import work_out
from contacts.models import Contact, ContactFacts, LifecycleSettings, Order

pytestmark = pytest.mark.django_db

LINES, BUYERS = 69_659, 23_570
REVENUE = Decimal("2500315.63")
REPEAT_BUYERS = 11_516
STAFF = 30


@pytest.fixture
def log():
    """The lines of the log: (buyer, day, quantity, amount as written)."""
    spec = find_spec("lifetimes")
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "CDNOW_master.txt"
    lines = [line.split() for line in path.read_text().splitlines()[1:] if line.strip()]
    return [
        (who, f"{day[:4]}-{day[4:6]}-{day[6:]}", number, paid) for who, day, number, paid in lines
    ]


@pytest.fixture
def buyers_in_wecom(corp, log):
    """Each buyer is a friend of one of thirty staff members."""
    for number in range(STAFF):
        corp.state.add_staff(f"staff{number}")
    for number, buyer in enumerate(sorted({line[0] for line in log})):
        person = corp.state.add_contact(f"wm{buyer}", name=f"Buyer {buyer}", unionid=f"cd-{buyer}")
        corp.state.follow(f"staff{number % STAFF}", person)
    return corp


@pytest.fixture
def shop(buyers_in_wecom, log, tmp_path):
    """Synced and imported, both by their commands; answers both reports and the file."""
    path = tmp_path / "cdnow.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "date", "quantity", "amount"])
        writer.writerows((f"cd-{who}", day, number, paid) for who, day, number, paid in log)
    return {"sync": command("sync"), "orders": command("import_orders", str(path)), "path": path}


def command(name, *arguments):
    out = io.StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_log_adds_up_in_the_tables(shop, log):
    days = defaultdict(set)
    for who, day, _number, _paid in log:
        days[who].add(day)
    assert len(log) == LINES
    assert sum(Decimal(paid) for *_rest, paid in log) == REVENUE

    assert (shop["sync"]["state"], shop["sync"]["errors"]) == ("done", [])
    assert Contact.objects.count() == BUYERS

    report = shop["orders"]
    assert (report["lines"], report["new"], report["waiting"]) == (LINES, LINES, 0)
    assert report["revenue_fen"] == REVENUE * 100
    assert Order.objects.filter(contact__isnull=False).count() == LINES

    totals = ContactFacts.objects.aggregate(orders=Sum("order_count"), fen=Sum("revenue_fen"))
    assert totals == {"orders": LINES, "fen": REVENUE * 100}
    repeat = ContactFacts.objects.filter(order_days__gte=2).count()
    assert repeat == sum(len(when) > 1 for when in days.values()) == REPEAT_BUYERS

    thresholds = LifecycleSettings.objects.get()
    assert thresholds.source == "learned"
    assert thresholds.repeat_gaps == sum(len(when) - 1 for when in days.values())
    assert set(Contact.objects.values_list("stage", "lost_kind")) == {("lost", "inactive")}

    again = command("import_orders", str(shop["path"]))
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, LINES)


def work_out_what(client, *paths):
    """A shop of this size is worked out by a worker, once somebody has asked."""
    for path in paths:
        client.get(path)
    for asked in KeptAnswer.objects.all():
        work_out(answer_id=asked.pk, now=timezone.now())


def test_the_dashboard_tells_what_the_file_tells(shop, log, operator_client):
    command("refresh_metrics", "--rebuild")
    months = defaultdict(lambda: defaultdict(int))
    for who, day, _number, paid in log:
        months[who][int(day[:4]) * 12 + int(day[5:7])] += int(Decimal(paid) * 100)
    cohorts = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    for spent in months.values():
        first = min(spent)
        for month, fen in spent.items():
            buyers, so_far = cohorts[first][month - first]
            cohorts[first][month - first] = (buyers + 1, so_far + fen)

    figures = Figures(scope=EVERYBODY, now=timezone.now())
    assert figures.overview.orders == LINES
    assert figures.overview.buyers == BUYERS
    assert figures.overview.repeat_buyers == REPEAT_BUYERS
    assert figures.overview.net_fen == REVENUE * 100
    matrix = figures.matrix
    assert int(matrix.size.sum()) == BUYERS
    for row, month in enumerate(matrix.months):
        day = month.astype(date)
        for later in range(18):
            cell = (int(matrix.active[row, later]), int(matrix.revenue[row, later]))
            assert cell == cohorts[day.year * 12 + day.month][later]

    work_out_what(operator_client, "/analytics/", "/analytics/repurchase/")
    page = operator_client.get("/analytics/").content.decode()
    assert f"{BUYERS:,}" in page
    assert "¥2,500,315.63" in page
    table = operator_client.get("/analytics/cohort-retention.csv").getvalue().decode("utf-8-sig")
    for name, size, *shares in csv.reader(table.splitlines()[1:]):
        buyers = cohorts[int(name[:4]) * 12 + int(name[5:])]
        assert int(size) == buyers[0][0]
        for later in range(18):
            assert float(shares[later]) == pytest.approx(buyers[later][0] / int(size), abs=5e-5)
