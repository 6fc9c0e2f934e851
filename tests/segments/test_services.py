"""Saving, changing, counting and archiving segments."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import translation

from broadcasts.models import Broadcast
from contacts.models import ContactFacts, Segment, SegmentMember
from contacts.selectors.audiences import audience
from contacts.selectors.segment_uses import rules_naming, uses_of
from contacts.services.segments import (
    NAMING_LOCK,
    NESTING_LIMIT,
    SegmentChanged,
    SegmentInUse,
    archive_segment,
    create_segment,
    recount_segment,
    recount_stale,
    restore_version,
    update_segment,
)
from contacts.services.static_segments import freeze_segment, refreeze_segment
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError
from tests.segments.people import NOW, customer
from tests.waiting import until


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


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


def named(key):
    return {"field": "segment", "op": "any", "value": [key]}


def test_a_segment_may_be_made_of_another_and_then_keeps_it_from_being_archived(segment):
    outer = create_segment(name="Outer", rule={"all": [named(segment.pk), OFTEN]}, now=NOW)
    with pytest.raises(SegmentInUse) as told:
        archive_segment(segment_id=segment.pk, now=NOW)
    assert [use.name for use in told.value.uses] == ["Outer"]
    archive_segment(segment_id=outer.pk, now=NOW)
    archive_segment(segment_id=segment.pk, now=NOW)


def test_a_segment_is_never_made_of_itself(segment):
    outer = create_segment(name="Outer", rule=named(segment.pk), now=NOW)
    middle = create_segment(name="Middle", rule={"not": named(outer.pk)}, now=NOW)
    for key in (segment.pk, outer.pk, middle.pk):
        with pytest.raises(RuleError, match="made of itself"):
            update_segment(
                segment_id=segment.pk, version=1, name="Buyers", rule=named(key), now=NOW
            )


def test_two_segments_saved_at_once_cannot_become_made_of_each_other(transactional_db):
    first = create_segment(name="First", rule=BOUGHT, now=NOW)
    second = create_segment(name="Second", rule=BOUGHT, now=NOW)

    def save(segment, other):
        try:
            update_segment(
                segment_id=segment.pk, version=1, name=segment.name, rule=named(other.pk), now=NOW
            )
        except RuleError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            # Neither goes on before both have begun, so each holds whatever it takes early.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NAMING_LOCK])
            saving = pool.map(save, (first, second), (second, first))
            until(lambda: waiting_for_lock(cursor) == 2, what="both to wait")
        assert sorted(saving) == [False, True]


def waiting_for_lock(cursor):
    cursor.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND objid = %s AND database = (SELECT oid FROM pg_database WHERE datname ="
        " current_database())",
        [NAMING_LOCK],
    )
    return cursor.fetchone()[0]


def test_an_archived_segment_is_not_named_anew(segment):
    archive_segment(segment_id=segment.pk, now=NOW)
    with pytest.raises(RuleError, match="archived"):
        create_segment(name="Outer", rule=named(segment.pk), now=NOW)


def test_segments_are_made_of_segments_only_so_deep(segment):
    key = segment.pk
    for level in range(NESTING_LIMIT):
        key = create_segment(name=f"Level {level}", rule=named(key), now=NOW).pk
    with pytest.raises(RuleError, match="more than 5 deep"):
        create_segment(name="Too deep", rule=named(key), now=NOW)


def test_a_rule_that_names_an_unreadable_segment_is_unreadable_too(segment):
    outer = create_segment(name="Outer", rule={"not": named(segment.pk)}, now=NOW)
    Segment.objects.filter(pk=segment.pk).update(rule={"field": "gone"})
    with pytest.raises(RuleError):
        recount_segment(segment_id=outer.pk, now=NOW)


def test_an_earlier_version_comes_back_as_a_new_one(segment, operator):
    update_segment(segment_id=segment.pk, version=1, name="Often", rule=OFTEN, now=NOW)
    restored = restore_version(segment_id=segment.pk, version=1, now=NOW, operator=operator)
    assert (restored.version, restored.rule, restored.name) == (3, BOUGHT, "Often")
    assert segment.versions.get(version=3).created_by_id == operator.pk


def test_a_static_segment_keeps_who_was_in_it(segment, operator):
    frozen = freeze_segment(segment_id=segment.pk, name="Then", now=NOW, operator=operator)
    assert (frozen.size, frozen.frozen_at, frozen.source_version) == (1, NOW, 1)
    customer("Bea", order_days=2)
    ContactFacts.objects.filter(contact__name="Anna").update(order_days=0)
    members = audience(read_rule(frozen.rule), NOW).values_list("contact__name", flat=True)
    assert list(members) == ["Anna"]
    assert AuditEntry.objects.get(action="segment.freeze").details["size"] == 1

    later = NOW + timedelta(days=1)
    renewed = refreeze_segment(segment_id=frozen.pk, now=later, operator=operator)
    members = audience(read_rule(renewed.rule), NOW).values_list("contact__name", flat=True)
    assert (list(members), renewed.frozen_at, renewed.size) == (["Bea"], later, 1)


def test_the_rule_of_a_static_segment_stays_and_its_name_may_change(segment):
    frozen = freeze_segment(segment_id=segment.pk, name="Then", now=NOW)
    with pytest.raises(InvalidInput, match="fixed"):
        update_segment(segment_id=frozen.pk, version=1, name="Then", rule=BOUGHT, now=NOW)
    renamed = update_segment(
        segment_id=frozen.pk, version=1, name="March", rule=frozen.rule, now=NOW
    )
    assert (renamed.name, renamed.size) == ("March", 1)


def test_only_a_static_segment_takes_its_members_anew(segment):
    with pytest.raises(InvalidInput, match="not static"):
        refreeze_segment(segment_id=segment.pk, now=NOW)


def test_an_archived_static_segment_gives_up_its_members_unless_a_rule_needs_them(segment):
    frozen = freeze_segment(segment_id=segment.pk, name="Then", now=NOW)
    static = {"field": "segment.static", "op": "none", "value": [frozen.pk]}
    outer = create_segment(name="Outer", rule={"any": [static]}, now=NOW)
    with pytest.raises(SegmentInUse):
        archive_segment(segment_id=frozen.pk, now=NOW)
    archive_segment(segment_id=outer.pk, now=NOW)
    archive_segment(segment_id=frozen.pk, now=NOW)
    assert not SegmentMember.objects.exists()
    archive_segment(segment_id=segment.pk, now=NOW)


def test_a_broadcast_that_still_names_a_segment_in_its_own_rule_keeps_it(segment):
    other = create_segment(name="Other", rule=BOUGHT, now=NOW)
    Broadcast.objects.create(
        name="Spring",
        segment=other,
        segment_version=1,
        rule={"all": [{"not": named(segment.pk)}]},
        window_start=NOW,
        window_end=NOW + timedelta(hours=1),
        created_at=NOW,
    )
    assert [(use.name, use.url) for use in uses_of(segment)] == [
        ("Spring", f"/broadcasts/{Broadcast.objects.get().pk}/")
    ]


def test_what_rules_name_is_found_however_deep(segment, there):
    tag = there.tags["甜"]
    deep = {"not": {"any": [BOUGHT, {"all": [{"field": "tag", "op": "all", "value": [tag]}]}]}}
    create_segment(name="Deep", rule=deep, now=NOW)
    assert [use.name for use in rules_naming("tag", tag)] == ["Deep"]
    assert not rules_naming("tag", there.tags["辣"])
    assert not rules_naming("staff", tag)
