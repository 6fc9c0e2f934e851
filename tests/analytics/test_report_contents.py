"""What a scheduled report can hold: all that pages of figures offer as files, as its owner sees it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from analytics.models import ReportPlan
from analytics.periods import Period
from analytics.selectors.report_catalogue import BY_SEGMENT, TITLES
from analytics.selectors.report_contents import contents, offered
from analytics.selectors.report_plans import obstacle
from analytics.services.report_files import read
from analytics.services.report_plans import change_report, create_report, remove_report, send_now
from analytics.services.report_sending import send_next
from analytics.services.value_tables import measure
from analytics.views.board import BoardPage
from contacts.models import Segment
from contacts.services.segments import SegmentInUse, archive_segment
from scrm.console.downloads import DatasetDownload
from scrm.console.models import Role
from scrm.console.pages import Page, entries
from scrm.errors import InvalidInput
from tests import build
from tests.analytics.building import NOW, TODAY
from tests.analytics.report_rows import CHANNELS, LIFECYCLE, alice, report, wanted
from tests.contacts import rows

pytestmark = pytest.mark.django_db

BY_ROLE = "products-download/products-by-role"
PERIOD = Period(TODAY - timedelta(days=30), TODAY)

ONE_CHANNEL = "of one channel, which a report does not name"

# A download, or one dataset of it, and why no report has it.
LEFT_OUT = {
    "refreshes-download": "tells of the machine's work, not of customers",
    "churn-alert-test-download": "a test that somebody started once, with dates of its own",
    "lifecycle-download/stage-streams": "stage-moves are the same for the days of the report",
    "channel-value-download/source-cohorts": ONE_CHANNEL,
    "channel-value-download/source-staying": ONE_CHANNEL,
    "channel-value-download/source-segments": ONE_CHANNEL,
    "channel-value-download/source-segments-payback": ONE_CHANNEL,
    "channel-value-download/source-segments-cohorts": ONE_CHANNEL,
    "channel-value-download/source-segments-staying": ONE_CHANNEL,
}


def downloadable():
    """Every dataset with an address that names no row."""
    return {
        f"{page.name}/{dataset}"
        for page in entries()
        if isinstance(page, Page) and page.path.count("<") == 1
        for view in [getattr(page.view, "view_class", object)]
        if issubclass(view, DatasetDownload)
        for dataset in view.datasets
    }


def test_every_dataset_of_a_page_is_offered_or_left_out_for_a_reason():
    there = downloadable()
    left = {key for key in there if {key, key.partition("/")[0]} & LEFT_OUT.keys()}
    assert there - left == TITLES.keys(), "put it into report_catalogue.py, or here with a reason"
    assert contents().keys() == TITLES.keys()
    for reason in LEFT_OUT:
        assert any(f"{key}/".startswith(f"{reason}/") for key in left), f"{reason} is gone"


def test_what_says_nothing_without_segments_asks_for_them():
    charts = [chart for page in BoardPage.__subclasses__() for chart in page.charts]
    alone = {f"analytics-download/{chart.key}" for chart in charts if chart.needs_segments}
    assert {*alone, CHANNELS} == BY_SEGMENT


def test_whatever_is_offered_can_be_read_and_is_called_what_its_page_calls_it(two_shops, operator):
    found = read(list(TITLES), owner=operator, period=PERIOD, segments=[two_shops.pk])
    titles = [str(title) for title in TITLES.values()]
    assert [str(one.title) for one in found] == titles
    assert len(set(titles)) == len(titles)
    assert all(one.columns for one in found)


def test_what_speaks_of_every_customer_is_for_who_sees_them(two_shops, client):
    lead = build.operator(role=Role.LEAD, staff_userid="anna")
    quality = "analytics-quality-download/data-quality"
    assert not offered(lead).keys() & {BY_ROLE, quality}
    client.force_login(lead)
    for path in ("/products/products-by-role.csv", "/analytics/quality/data-quality.csv"):
        assert client.get(path).status_code == 404
    alice()
    with pytest.raises(InvalidInput):
        report(lead, contents=[BY_ROLE])
    # One made before she saw less.
    boss = build.operator()
    plan = report(boss, contents=[BY_ROLE, quality])
    assert obstacle(plan) == ""
    ReportPlan.objects.update(owner=lead)
    assert str(TITLES[BY_ROLE]) in obstacle(ReportPlan.objects.get())


def test_segments_stand_beside_all_customers_and_stay_as_long_as_the_report(
    corp, two_shops, operator
):
    alice(corp)
    with pytest.raises(InvalidInput) as refused:
        create_report(wanted=wanted(contents=[CHANNELS]), operator=operator, now=NOW)
    assert refused.value.field == "segments"
    plan = report(operator, contents=[CHANNELS, LIFECYCLE], segments=[two_shops.pk])
    assert (plan.segment_ids, obstacle(plan)) == ([two_shops.pk], "")
    send_now(plan=plan, operator=operator, now=NOW)
    while send_next(now=NOW):
        pass
    sending = plan.sendings.get()
    assert sending.state == "sent"
    file = sending.files.get(place=2)
    heading = next(csv.reader(io.StringIO(bytes(file.content).decode("utf-8-sig"))))
    assert sum("Buyers of ours" in column for column in heading) == 4
    with pytest.raises(SegmentInUse) as used:
        archive_segment(segment_id=two_shops.pk, now=NOW)
    assert [(use.name, use.url) for use in used.value.uses] == [
        (plan.name, plan.get_absolute_url())
    ]
    Segment.objects.update(is_archived=True)
    assert obstacle(plan)
    Segment.objects.update(is_archived=False)
    change_report(plan=plan, wanted=wanted(), operator=operator, now=NOW)
    assert plan.segment_ids == []
    change_report(plan=plan, wanted=wanted(segments=[two_shops.pk]), operator=operator, now=NOW)
    remove_report(plan=plan, operator=operator, now=NOW)
    archive_segment(segment_id=two_shops.pk, now=NOW)


def test_the_funnel_of_a_report_is_of_all_channels_together(db, operator):
    since = NOW - timedelta(days=20)
    for state, way in (("spring", 1), ("autumn", 1), ("", 3)):
        rows.follow(
            rows.contact(first_followed_at=since),
            rows.staff(),
            added_at=since,
            state=state,
            add_way=way,
        )
    measure(now=NOW)
    (funnel,) = read(["channel-value-download/source-funnel"], owner=operator, period=PERIOD)
    assert funnel.rows[0][1] == 3
