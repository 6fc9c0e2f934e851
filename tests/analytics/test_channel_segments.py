"""Channels beside segments, and what is kept of them for large shops."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.board.figures import BeingWorkedOut
from analytics.board.figures import Source as Figures
from analytics.models import KeptAnswer
from analytics.selectors.kept import FORMS
from analytics.selectors.parts import LARGE, chosen_parts, whole
from analytics.selectors.source_figures import Source
from analytics.selectors.sources import ALL_CUSTOMERS, Whom, figures_of
from analytics.selectors.value_settings import value_settings
from analytics.services.keep import work_out
from contacts.models import Contact, Department
from contacts.services.facts import rebuild_facts
from contacts.services.segments import create_segment
from scrm.console.models import Role
from tests import build
from tests.analytics.building import contacts
from tests.analytics.channel_rows import (
    NOW,
    TODAY,
    WHOLE,
    channel_shop,
    lines,
    measured,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    return channel_shop()


@pytest.fixture
def twice(shop):
    """Who ordered twice: five of the poster's ten."""
    rebuild_facts()
    measured()
    rule = {"all": [{"field": "order.count", "op": ">=", "value": 2}]}
    return create_segment(name="Twice", rule=rule, now=NOW)


def test_one_channel_is_split_by_segment(shop, twice, operator_client):
    operator_client.cookies["django_language"] = "en"
    which = "from=2026-01-01&to=2026-03-10&state=poster"
    query = f"{which}&segment={twice.pk}"
    page = operator_client.get(f"/channel-value/source/?{query}")
    text = page.content.decode()
    assert not page.context["is_waiting"]
    assert 'type="hidden" name="state" value="poster"' in text
    for key in ("", "-payback", "-cohorts", "-staying"):
        # The file of a chart is of the channel, the days and the segments of the chart.
        [found] = [
            chart for chart in page.context["charts"] if chart.key == f"source-segments{key}"
        ]
        assert f"/channel-value/{found.key}.csv?{found.query.replace('&', '&amp;')}" in text
        file = operator_client.get(f"/channel-value/{found.key}.csv?{found.query}")
        assert len(lines(file)) == len(found.set.rows) > 0
    everyone, part = lines(operator_client.get(f"/channel-value/source-segments.csv?{query}"))
    assert [row["New customers"] for row in (everyone, part)] == ["10", "5"]
    assert [row["Net revenue so far"] for row in (everyone, part)] == ["2200.00", "1600.00"]
    assert part["Customers of"] == "Twice"
    [cohort] = lines(operator_client.get(f"/channel-value/source-segments-cohorts.csv?{query}"))
    assert (cohort["Customers"], cohort["By day 30"]) == ("5", "320.00")
    # From the list the choice goes on to the page of one channel.
    listed = operator_client.get(f"/channel-value/?{query}").content.decode()
    days = "from=2026-01-01&amp;to=2026-03-10"
    assert f"/source/?state=poster&amp;{days}&amp;segment={twice.pk}" in listed
    assert operator_client.get(f"/channel-value/source/?{which}&segment=0").status_code == 200


def test_a_segment_and_all_others_are_the_channel(shop, twice):
    numbers = list(Contact.objects.values_list("pk", flat=True))
    parts = [Whom(contacts=[pk for pk in numbers if pk % 2 == rest]) for rest in (0, 1)]
    for which in (Source("poster"), Source("ad"), Source("", 3)):
        sums = [
            figures_of(which, WHOLE, whom=whom, settings=value_settings(), today=TODAY)
            for whom in (ALL_CUSTOMERS, *parts)
        ]
        for name in ("won", "relations", "orders", "net_fen", "ripe", "friends_30", "bought_30"):
            whole_one, *each = (getattr(found, name) for found in sums)
            assert whole_one == sum(each), (which, name)


def test_what_many_customers_take_is_kept_and_the_same(shop, twice):
    shop["alice"].department_wecom_ids = [7]
    shop["alice"].save()
    Department.objects.create(name="East", wecom_id=7, parent_wecom_id=1)
    lead = build.operator(role=Role.LEAD, staff_userid=shop["alice"].userid)
    parts = [whole(lead), *chosen_parts([twice.pk], lead, now=NOW)]
    parts += chosen_parts([twice.pk], build.operator(), now=NOW)
    for part, won in zip(parts, (10, 5, 5), strict=True):
        live, large = (Figures(replace(part, is_large=size), now=NOW) for size in (False, True))
        for read in (
            lambda of: of.channels(WHOLE),
            lambda of: of.channel(Source("poster"), WHOLE),
        ):
            with pytest.raises(BeingWorkedOut):
                read(large)
            [row] = KeptAnswer.objects.filter(computed_at=None)
            assert work_out(answer_id=row.pk, now=NOW)
            again = Figures(replace(part, is_large=True), now=NOW)
            assert FORMS.write(read(again)) == FORMS.write(read(live))
            # What takes long is not worked out as often as all else.
            assert not work_out(answer_id=row.pk, now=NOW + timedelta(minutes=50))
            assert work_out(answer_id=row.pk, now=NOW + timedelta(minutes=70))
        seen = again.channel(Source("poster"), WHOLE).seen
        assert seen.figures(Source("poster"), value_settings()).won == won
        assert again.channels(WHOLE).sources == {Source("poster")}
    # Everybody's lie in tables, and nobody waits for them.
    everybody = Figures(replace(whole(build.operator()), is_large=True), now=NOW)
    assert len(everybody.channels(WHOLE).sources) == 3
    assert everybody.channel(Source("ad"), WHOLE).cohorts


def test_a_large_shop_shows_a_channel_at_once_and_its_segments_when_they_are_there(
    shop, twice, operator_client
):
    contacts(LARGE)
    operator_client.cookies["django_language"] = "en"
    query = f"from=2026-01-01&to=2026-03-10&state=poster&segment={twice.pk}"
    address, file = "/channel-value/source/", "/channel-value/source-segments.csv"
    page = operator_client.get(f"{address}?{query}")
    assert (page.context["is_waiting"], page.context["found"].won) == (True, 10)
    assert len(page.context["charts"]) == 4
    assert operator_client.get(f"{file}?{query}").status_code == 503
    [row] = KeptAnswer.objects.filter(computed_at=None)
    assert work_out(answer_id=row.pk, now=timezone.now())
    page = operator_client.get(f"{address}?{query}")
    assert (page.context["is_waiting"], len(page.context["charts"])) == (False, 8)
    assert [row["New customers"] for row in lines(operator_client.get(f"{file}?{query}"))] == [
        "10",
        "5",
    ]
