"""The data pages: periods, comparison, segments, drill-down, and figures worked out beforehand."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from analytics.board.datasets import DATASETS
from analytics.board.figures import BeingWorkedOut, Figures
from analytics.metrics.registry import METRICS
from analytics.metrics.rfm_groups import GROUPS, group_of
from analytics.models import ContactMetrics, KeptAnswer
from analytics.periods import Period, asked_period
from analytics.selectors.kept import FORMS
from analytics.selectors.parts import Part, whole
from analytics.selectors.period_sums import period_sums
from analytics.selectors.scope import EVERYBODY
from analytics.selectors.today import Today
from analytics.services.keep import ask_for, keep_current, work_out
from analytics.services.refresh import rebuild_metrics
from analytics.services.renewal import renew
from contacts.models import Department, Follow, LifecycleTransition, Staff
from contacts.services.facts import rebuild_facts
from contacts.services.segments import archive_segment, create_segment, update_segment
from scrm.console import charts
from scrm.console.models import Role
from tests import build
from tests.analytics.building import NOW, TODAY, contact, contacts, order, orders, shop

pytestmark = pytest.mark.django_db

JUNE = Period(date(2026, 6, 1), date(2026, 6, 30))
MANY = Part("all", "", EVERYBODY, is_large=True)


def follow(staff, customer, **overrides):
    values = {"added_at": NOW - timedelta(days=300), **overrides}
    return Follow.objects.create(staff=staff, contact=customer, **values)


def test_the_sums_of_a_past_period_know_nothing_of_what_came_after():
    early, both, late = contacts(3)
    orders(
        order(early, date(2026, 5, 20), 10_000),
        order(early, date(2026, 6, 10), 4_000, refunded_fen=1_000),
        order(both, date(2026, 6, 1), 2_000),
        order(both, date(2026, 6, 1), 500),
        order(both, date(2026, 6, 30), 1_500),
        order(both, date(2026, 7, 1), 70_000),
        order(late, date(2026, 7, 2), 9_000),
        order(None, date(2026, 6, 2), 99_000),
    )
    rebuild_metrics(now=NOW)
    sums = period_sums(EVERYBODY, JUNE, now=NOW)
    total = sums.total
    assert (total.net_fen, total.refunded_fen, total.orders, total.purchases) == (
        7_000,
        1_000,
        4,
        3,
    )
    assert (total.first, total.second, total.first_fen) == (1, 2, 2_500)
    assert (sums.buyers, sums.repeaters, sums.returning) == (2, 1, 1)
    assert (sums.buyers_until_end, sums.repeaters_until_end) == (2, 2)
    assert sums.net_until_end_fen == 17_000
    assert sums.ltv_fen == 8_500
    assert sums.ltv_course[-1] == 8_500
    assert sums.ltv_course[0] == (10_000 + 2_500) / 2
    assert sums.repurchase_rate == 0.5


def test_a_period_knows_who_was_added_who_left_and_who_moved():
    anna = Staff.objects.create(userid="anna", name="Anna")
    old, gone, removed, new = contacts(4)
    new.first_followed_at = JUNE.start + timedelta(days=3)
    new.save()
    type(gone).objects.filter(pk=gone.pk).update(
        relation="lost", lost_at=JUNE.start + timedelta(days=9)
    )
    follow(anna, old)
    follow(anna, new, added_at=new.first_followed_at)
    ended = {"ended_at": JUNE.start + timedelta(days=9)}
    follow(anna, gone, status=Follow.Status.DELETED_BY_CONTACT, **ended)
    follow(anna, removed, status=Follow.Status.DELETED_BY_STAFF, **ended)
    LifecycleTransition.objects.create(
        contact=old, from_stage="first", to_stage="silent", at=JUNE.end - timedelta(hours=1)
    )
    LifecycleTransition.objects.create(
        contact=old, from_stage="silent", to_stage="repeat", at=JUNE.end
    )
    sums = period_sums(EVERYBODY, JUNE, now=NOW)
    assert (sums.total.added, sums.total.lost, sums.total.unfriended) == (1, 1, 1)
    assert sums.relations_at_start == 3
    assert sums.moves == {("first", "silent"): 1, ("", "new"): 1}
    assert sums.days[date(2026, 6, 4)].added == 1


def test_every_course_adds_up_to_the_ledger_to_the_fen():
    ledger = shop(60)
    rebuild_metrics(now=NOW)
    for days in (1, 30, 90, 365):
        asked = asked_period({"compare": "previous"}, today=TODAY, default_days=days)
        figures = Figures(now=NOW, asked=asked)
        paid = [row for row in ledger if row.paid_on in asked.period]
        revenue, stacked = (
            DATASETS[key](figures) for key in ("period-revenue", "new-and-returning")
        )
        net = sum(row.net_fen for row in paid)
        assert sum(row[1] or 0 for row in revenue.rows) == net
        assert sum(row[1] + row[2] for row in stacked.rows) == net
        assert figures.current.buyers == len({row.contact_id for row in paid})
        assert figures.before is not None
        # What was there at the end of the one is where the other begins.
        before = figures.before.net_until_end_fen
        assert before + net == figures.current.net_until_end_fen == sum(r.net_fen for r in ledger)


def test_an_answer_worked_out_beforehand_is_the_one_that_is_read_at_once():
    shop(60)
    anna = Staff.objects.create(userid="anna", name="Anna")
    for customer in contacts(3):
        follow(anna, customer)
    rebuild_metrics(now=NOW)
    names = [
        name for name, kind in vars(Today).items() if hasattr(kind, "func") and name != "today"
    ]
    figures = Figures(now=NOW, part=MANY)
    for name in names:
        with pytest.raises(BeingWorkedOut):
            figures.source.of_today(name)
    with pytest.raises(BeingWorkedOut):
        _ = figures.current
    waiting = KeptAnswer.objects.filter(part="all")
    assert {row.name for row in waiting} == {*names, "sums"}
    assert all(work_out(answer_id=row.pk, now=NOW) for row in waiting)
    read = Figures(now=NOW)
    figures = Figures(now=NOW, part=MANY)
    for name in names:
        kept, now = figures.source.of_today(name), read.source.of_today(name)
        assert FORMS.write(kept) == FORMS.write(now), name
    assert figures.current == read.current
    assert figures.as_of == NOW


def test_an_old_answer_is_shown_with_its_age_while_a_newer_one_is_worked_out():
    shop(10)
    rebuild_metrics(now=NOW)
    row = ask_for(part="all", name="overview", period=None, now=NOW)
    assert work_out(answer_id=row.pk, now=NOW)
    assert not work_out(answer_id=row.pk, now=NOW)
    orders(order(contact(), TODAY, 12_300))
    rebuild_metrics(now=NOW)
    later = NOW + timedelta(minutes=11)
    figures = Figures(now=later, part=MANY)
    old = figures.overview
    assert figures.as_of == NOW
    KeptAnswer.objects.get(pk=row.pk, asked_at=later)
    assert work_out(answer_id=row.pk, now=later)
    assert Figures(now=later, part=MANY).overview.net_fen == old.net_fen + 12_300
    # What another version of the program wrote is worked out again.
    KeptAnswer.objects.filter(pk=row.pk).update(value={"$": "Overview", "v": {"customers": 1}})
    with pytest.raises(BeingWorkedOut):
        _ = Figures(now=later, part=MANY).overview
    keep_current(now=later + timedelta(days=8))
    assert not KeptAnswer.objects.exists()


@pytest.fixture
def two_shops():
    """Anna's customers and Bert's, with orders, and a segment of everybody."""
    Department.objects.create(wecom_id=2, name="Shop")
    owners = [
        Staff.objects.create(userid=name, name=name, department_wecom_ids=[number])
        for number, name in enumerate(("anna", "bert"), start=2)
    ]
    alice, bob, carol = contacts(3)
    for owner, customer in zip([*owners, owners[1]], (alice, bob, carol), strict=True):
        follow(owner, customer)
    orders(
        order(alice, TODAY, 1_000),
        order(bob, TODAY, 50_000),
        order(bob, TODAY - timedelta(days=9), 20_000),
        order(carol, TODAY - timedelta(days=500), 7_000),
    )
    rebuild_facts()
    rebuild_metrics(now=NOW)
    rule = {"all": [{"field": "order.lines", "op": ">=", "value": 1}]}
    return create_segment(name="Buyers of ours", rule=rule, now=NOW)


def rows_by_name(client, path):
    found = client.get(f"/api/v1/analytics/{path}").json()
    return {
        row[0]: dict(zip((c["label"] for c in found["columns"]), row, strict=True))
        for row in found["rows"]
    }


def test_segments_stand_beside_all_customers_inside_the_scope_of_who_asks(two_shops, client):
    query = f"segments-value/?from=2020-01-01&to={timezone.localdate()}&segment={two_shops.pk}"
    client.cookies["django_language"] = "en"
    for role, everybody in ((Role.ANALYST, 78_000), (Role.LEAD, 1_000)):
        client.force_login(build.operator(role=role, staff_userid="anna"))
        rows = rows_by_name(client, query)
        assert rows["All customers"]["Net revenue"] == everybody
        assert rows["Buyers of ours"]["Net revenue"] == everybody
        page = client.get(f"/analytics/?segment={two_shops.pk}").content.decode()
        assert "Buyers of ours" in page


def test_a_segment_counts_its_own_customers_only(two_shops, operator_client):
    big = create_segment(
        name="Big spenders",
        rule={"all": [{"field": "order.revenue_fen", "op": ">=", "value": 60_000}]},
        now=NOW,
    )
    operator_client.cookies["django_language"] = "en"
    query = f"?from=2020-01-01&segment={big.pk}&segment={two_shops.pk}"
    rows = rows_by_name(operator_client, f"segments-repurchase/{query}")
    assert [
        rows[name]["Buyers"] for name in ("All customers", "Big spenders", "Buyers of ours")
    ] == [3, 1, 3]
    page = operator_client.get(f"/analytics/repurchase/{query}").content.decode()
    assert page.count("Big spenders") > 2


def test_a_choice_of_segments_that_cannot_be_read_is_said_and_leaves_the_page_whole(
    two_shops, operator_client
):
    many = [create_segment(name=f"S{n}", rule={"all": []}, now=NOW).pk for n in range(5)]
    archive_segment(segment_id=many[0], operator=None, now=NOW)
    operator_client.cookies["django_language"] = "en"
    for numbers, words in (
        (many, "Choose up to 4"),
        (many[:1], "no such segment"),
        (["x"], "no such"),
    ):
        query = "&".join(f"segment={number}" for number in numbers)
        page = operator_client.get(f"/analytics/churn/?{query}")
        assert page.status_code == 200
        assert words in page.content.decode()
        refused = operator_client.get(f"/api/v1/analytics/segments-churn/?{query}")
        assert refused.status_code == 400
        assert list(refused.json()) == ["segment"]


def test_a_segment_whose_rule_changed_meanwhile_is_not_worked_out_by_the_old_one(two_shops):
    key = f"segment:{two_shops.pk}.{two_shops.version}"
    row = ask_for(part=key, name="overview", period=None, now=NOW)
    assert work_out(answer_id=row.pk, now=NOW)
    assert Figures(now=NOW, part=Part(key, "", None, is_large=True)).overview.buyers == 3
    later = NOW + timedelta(hours=1)
    update_segment(
        segment_id=two_shops.pk,
        version=two_shops.version,
        name="Other",
        rule={"all": []},
        now=later,
    )
    assert not work_out(answer_id=row.pk, now=later)
    assert not KeptAnswer.objects.filter(pk=row.pk).exists()


def test_every_mark_leads_to_as_many_customers_as_it_counts(operator_client):
    shop(90)
    anna = Staff.objects.create(userid="anna", name="Anna")
    for customer in contacts(2):
        follow(anna, customer)
    rebuild_facts()
    renew(now=timezone.now())
    figures = Figures.of(build.operator(), now=timezone.now())
    checked = 0
    for key in ("rfm-grid", "rfm-groups", "value-bands", "purchase-counts", "idle-bands"):
        found = DATASETS[key](figures)
        assert found.rows, key
        for row, link in zip(found.rows, found.links, strict=True):
            page = operator_client.get(link)
            assert page.context["found"].errors == [], (key, row[0])
            assert page.context["found"].count == row[1], (key, row[0])
            checked += bool(row[1])
    assert checked > 15
    cohorts = DATASETS["ltv-by-cohort"](figures)
    for row, link in zip(cohorts.rows[:2], cohorts.links, strict=False):
        assert operator_client.get(link).context["found"].count == row[1]


def test_the_customers_behind_a_mark_are_those_of_who_asks(two_shops, client):
    rule = json.dumps({"all": [{"field": "order.lines", "op": ">=", "value": 1}]})
    for role, seen in ((Role.ANALYST, 3), (Role.LEAD, 1)):
        client.force_login(build.operator(role=role, staff_userid="anna"))
        page = client.get("/analytics/customers/", {"rule": rule})
        assert page.context["found"].count == len(page.context["found"].rows) == seen
        # Only who may save segments is led to a draft of one.
        assert page.context["segment_url"] == ""
    client.force_login(build.operator(role=Role.OPERATOR))
    draft = client.get("/analytics/customers/", {"rule": rule}).context["segment_url"]
    form = client.get(draft)
    assert form.context["rule"] == json.loads(rule)
    for nonsense in ("", "{", '{"all": [{"field": "secret"}]}', "[" * 9_000):
        page = client.get("/analytics/customers/", {"rule": nonsense})
        assert page.status_code == 200
        assert page.context["found"].errors
        assert client.get("/segments/new/", {"rule": nonsense}).context["rule"] == {"all": []}


def test_every_chart_can_be_read_without_its_colours(operator_client):
    shop(90)
    anna = Staff.objects.create(userid="anna", name="Anna")
    for number, customer in enumerate(contacts(6)):
        ended = NOW - timedelta(days=number * 20)
        follow(anna, customer, status=Follow.Status.DELETED_BY_CONTACT, ended_at=ended)
        LifecycleTransition.objects.create(
            contact=customer, from_stage="first", to_stage="silent", at=NOW - timedelta(days=number)
        )
    renew(now=NOW)
    contact(first_followed_at=NOW)
    # A forecast needs more buyers than a test has time for.
    ContactMetrics.objects.update(
        p_alive=0.5,
        expected_orders=1,
        predicted_fen=1,
        predicted_low_fen=1,
        predicted_high_fen=1,
        predicted_at=NOW,
    )
    asked = asked_period({"preset": "365d", "compare": "previous"}, today=TODAY)
    segments = [Part("", name, EVERYBODY) for name in ("One", "Two", "Three", "Four")]
    figures = Figures(now=NOW, asked=asked, segments=segments)
    for key, make in DATASETS.items():
        found = make(figures)
        assert found.rows, key
        assert found.metric in METRICS
        assert str(found.title) in found.words
        assert not found.links or len(found.links) == len(found.rows)
        series = found.option["series"]
        drawn = [charts.marks(each) for each in series if each["type"] == "line"]
        assert len(set(drawn)) == len(drawn), key
        bars = [each for each in series if each["type"] == "bar"]
        assert len(bars) < 2 or found.option["aria"]["decal"]["show"], key
        for each in series:
            assert each["type"] != "heatmap" or each["label"]["show"]


def test_ten_groups_share_the_grid_without_gap_or_overlap():
    for recency in range(1, 6):
        for frequency in range(1, 6):
            assert [group for group in GROUPS if (recency, frequency) in group] == [
                group_of(recency, frequency)
            ]
    with pytest.raises(ValueError, match="between 1 and 5"):
        group_of(0, 3)


def test_the_api_gives_every_dataset_with_its_period_and_names_what_is_wrong(operator_client):
    shop(30)
    rebuild_metrics(now=NOW)
    listed = operator_client.get("/api/v1/analytics/").json()
    assert [each["dataset"] for each in listed] == list(DATASETS)
    for each in listed:
        address = urlsplit(each["url"]).path
        found = operator_client.get(f"{address}?from=2026-01-01&to=2026-06-30&compare=year").json()
        assert found["metric"] in METRICS
        assert found["period"] == {"first_on": "2026-01-01", "last_on": "2026-06-30"}
        assert found["compared_with"] == {"first_on": "2025-01-01", "last_on": "2025-06-30"}
        assert all(len(row) == len(found["columns"]) for row in found["rows"])
    for query, field in (("from=2026-13-01", "from"), ("compare=apples", "compare")):
        refused = operator_client.get(f"/api/v1/analytics/ltv-course/?{query}")
        assert (refused.status_code, list(refused.json())) == (400, [field])
    assert operator_client.get("/api/v1/analytics/passwords/").status_code == 404


def test_the_choice_of_days_and_segments_travels_to_csv_and_to_the_other_choices(
    two_shops, operator_client
):
    query = f"from=2026-01-01&to=2026-03-31&compare=year&segment={two_shops.pk}"
    page = operator_client.get(f"/analytics/?{query}").content.decode()
    assert f"/analytics/segments-value.csv?{query.replace('&', '&amp;')}" in page
    preset = next(part for part in page.split('href="?') if part.startswith("preset=30d"))
    kept = parse_qs(preset.split('"')[0].replace("&amp;", "&"))
    assert kept == {"preset": ["30d"], "compare": ["year"], "segment": [str(two_shops.pk)]}
    assert 'type="hidden" name="segment"' in page


def test_what_waits_for_the_operator_stands_on_the_home_page(two_shops, client):
    client.cookies["django_language"] = "en"
    client.force_login(build.operator(role=Role.ANALYST))
    assert "Nothing waits for you." in client.get("/").content.decode()
    text = client.get("/").content.decode()
    at = [text.index(f'href="/analytics/{page}"') for page in ("", "repurchase/", "flow/")]
    assert all(one < other for one, other in pairwise(at))


def test_a_small_shop_keeps_nothing_and_waits_for_nobody(two_shops, operator_client):
    operator_client.get("/analytics/?compare=previous")
    assert keep_current(now=timezone.now()) == 0
    assert not KeptAnswer.objects.exists()
    assert not whole(build.operator()).is_large
