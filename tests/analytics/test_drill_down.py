"""From a mark of a chart to the customers it counts."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from django.utils import timezone

from analytics.board.datasets import DATASETS
from analytics.board.figures import Figures
from analytics.metrics.rfm_groups import GROUPS, group_of
from analytics.selectors.parts import chosen_parts
from analytics.services.renewal import renew
from contacts.models import Staff
from contacts.services.facts import rebuild_facts
from contacts.services.segments import create_segment
from scrm.console.models import Role
from tests import build
from tests.analytics.building import contacts, follow, shop

pytestmark = pytest.mark.django_db


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


def test_the_cohorts_of_a_segment_and_of_all_others_are_the_whole_and_lead_to_its_members(
    operator_client,
):
    shop(90)
    rebuild_facts()
    renew(now=timezone.now())
    twice = {"all": [{"field": "order.count", "op": ">=", "value": 2}]}
    segments = [
        create_segment(name=name, rule=rule, now=timezone.now())
        for name, rule in (("Twice", twice), ("Others", {"not": twice}))
    ]
    now, operator = timezone.now(), build.operator()
    parts = chosen_parts([segment.pk for segment in segments], operator, now=now)
    figures = Figures.of(operator, now=now, segments=parts)
    added = Counter()
    for source in figures.segments:
        for cohort, later, *sums in source.of_today("cells"):
            for place, value in enumerate(sums):
                added[cohort, later, place] += value
    assert dict(added) == {
        (cohort, later, place): value
        for cohort, later, *sums in figures.cells
        for place, value in enumerate(sums)
    }
    for key in ("cohort-retention", "cohort-value"):
        both = DATASETS[f"segments-{key}"](figures)
        assert sum(row[2] for row in both.rows) == sum(
            row[1] for row in DATASETS[key](figures).rows
        )
        mine = DATASETS[f"segments-{key}"](figures.beside(figures.segments[0]))
        assert {row[1] for row in mine.rows} == {"Twice"}
        assert [row for row in both.rows if row[1] == "Twice"] == [
            (*row, *[None] * (len(both.columns) - len(mine.columns))) for row in mine.rows
        ]
        cells = [cell for series in mine.option["series"] for cell in series["data"]]
        assert {cell["link"] for cell in cells} <= set(mine.links)
        for row, link in [*zip(mine.rows, mine.links, strict=True)][:3]:
            assert operator_client.get(link).context["found"].count == row[2]
    page = operator_client.get(
        "/analytics/repurchase/", {"preset": "30d", "segment": [part.segment_id for part in parts]}
    ).content.decode()
    for part in parts:
        assert f'id="segments-cohort-retention-{part.segment_id}"' in page
        query = f"preset=30d&amp;segment={part.segment_id}"
        assert f'/analytics/segments-cohort-retention.csv?{query}"' in page


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


def test_ten_groups_share_the_grid_without_gap_or_overlap():
    for recency in range(1, 6):
        for frequency in range(1, 6):
            assert [group for group in GROUPS if (recency, frequency) in group] == [
                group_of(recency, frequency)
            ]
    with pytest.raises(ValueError, match="between 1 and 5"):
        group_of(0, 3)
