"""Saving, changing, counting and archiving segments."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadcasts.models import Broadcast
from contacts.models import Segment
from contacts.services.segments import (
    SegmentChanged,
    SegmentInUse,
    archive_segment,
    create_segment,
    recount_segment,
    recount_stale,
    update_segment,
)
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from scrm.segments.parse import RuleError
from tests.segments.people import NOW, customer

BOUGHT = {"field": "order.count", "op": ">=", "value": 1}
OFTEN = {"field": "order.count", "op": ">=", "value": 3}


@pytest.fixture
def segment(there, operator):
    customer("Anna", order_days=1)
    return create_segment(name="Buyers", rule=BOUGHT, now=NOW, operator=operator)


def test_a_new_segment_is_counted_versioned_and_logged(segment, operator):
    assert (segment.size, segment.evaluated_at, segment.version) == (1, NOW, 1)
    assert segment.versions.get().rule == BOUGHT
    assert AuditEntry.objects.get(action="segment.create").operator_id == operator.pk


def test_another_rule_makes_a_version_and_another_name_does_not(segment):
    later = NOW + timedelta(hours=1)
    renamed = update_segment(
        segment_id=segment.pk, version=1, name="All buyers", rule=BOUGHT, now=later
    )
    assert renamed.version == 1
    changed = update_segment(segment_id=segment.pk, version=1, name="Often", rule=OFTEN, now=later)
    assert (changed.version, changed.size) == (2, 0)
    assert [kept.rule for kept in segment.versions.order_by("version")] == [BOUGHT, OFTEN]


def test_a_change_made_on_an_older_version_is_refused(segment):
    update_segment(segment_id=segment.pk, version=1, name="Often", rule=OFTEN, now=NOW)
    with pytest.raises(SegmentChanged):
        update_segment(segment_id=segment.pk, version=1, name="Mine", rule=BOUGHT, now=NOW)


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "Buyers"])
def test_a_name_is_given_short_and_free(segment, name):
    with pytest.raises(InvalidInput) as told:
        create_segment(name=name, rule=BOUGHT, now=NOW)
    assert told.value.field == "name"


def test_a_wrong_rule_saves_nothing(db):
    with pytest.raises(RuleError):
        create_segment(name="Odd", rule={"field": "nothing"}, now=NOW)
    assert not Segment.objects.exists()


def test_an_archived_segment_frees_its_name(segment):
    archive_segment(segment_id=segment.pk, now=NOW)
    archive_segment(segment_id=segment.pk, now=NOW)
    assert create_segment(name="Buyers", rule=BOUGHT, now=NOW).pk != segment.pk
    assert AuditEntry.objects.filter(action="segment.archive").count() == 1


@pytest.mark.parametrize("over", [False, True])
def test_a_segment_that_a_broadcast_still_needs_is_not_archived(segment, over):
    ended = {"state": "finished", "scheduled_at": NOW, "frozen_at": NOW, "finished_at": NOW}
    Broadcast.objects.create(
        name="Spring",
        segment=segment,
        segment_version=1,
        rule=BOUGHT,
        window_start=NOW,
        window_end=NOW + timedelta(hours=1),
        created_at=NOW,
        **(ended if over else {}),
    )
    if over:
        archive_segment(segment_id=segment.pk, now=NOW)
        return
    with pytest.raises(SegmentInUse, match="Spring") as told:
        archive_segment(segment_id=segment.pk, now=NOW)
    assert [use.name for use in told.value.uses] == ["Spring"]
    segment.refresh_from_db()
    assert not segment.is_archived


def test_a_recount_remembers_when(segment):
    customer("Bea", order_days=2)
    later = NOW + timedelta(days=1)
    assert recount_segment(segment_id=segment.pk, now=later) == 2
    segment.refresh_from_db()
    assert (segment.size, segment.evaluated_at) == (2, later)


def test_sizes_of_yesterday_are_renewed_and_an_unreadable_rule_stops_nobody(segment):
    broken = create_segment(name="Broken", rule=BOUGHT, now=NOW - timedelta(days=2))
    Segment.objects.filter(pk=broken.pk).update(rule={"field": "gone"})
    customer("Bea", order_days=2)
    assert recount_stale(now=NOW + timedelta(hours=23)) == 0
    assert recount_stale(now=NOW + timedelta(hours=24)) == 1
    segment.refresh_from_db()
    assert segment.size == 2
