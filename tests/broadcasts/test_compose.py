"""Drafts: what the composer accepts, and what leads from a draft to a schedule."""

from datetime import timedelta

import pytest

from broadcasts.models import Broadcast, IllegalMove, PolicySettings
from broadcasts.policy.terms import Terms
from broadcasts.selectors.policy import house_terms
from broadcasts.services import compose, control
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db


def written(operator, **overrides):
    return compose.create_draft(draft=rows.draft(**overrides), operator=operator, now=NOW)


def test_a_draft_keeps_what_was_typed_and_says_who_wrote_it(operator):
    link = {"msgtype": "link", "link": {"title": "Shop", "url": "https://shop.example"}}
    draft = written(operator, text="  Hello  ", attachments=[link])
    draft.refresh_from_db()
    assert (draft.state, draft.text, draft.attachments) == ("draft", "Hello", [link])
    assert draft.created_by == operator
    assert AuditEntry.objects.get().action == "broadcast.create"


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"benefit": ""}, "benefit"),
        ({"text": " \n"}, "text"),
        ({"text": "春" * 1334}, "text"),
        ({"touch_class": "loud"}, "touch_class"),
        ({"holdout_percent": 51}, "holdout_percent"),
        ({"attachments": [{"msgtype": "image", "image": {}}]}, "attachments"),
        ({"attachments": [{"msgtype": "link", "link": {"title": "x", "url": "x"}}]}, "attachments"),
        (
            {"attachments": [{"msgtype": "link", "link": {"title": "春" * 43, "url": "http://x"}}]},
            "attachments",
        ),
        ({"window_start": None}, "window_start"),
        ({"window_end": NOW - timedelta(hours=1)}, "window_end"),
        ({"window_start": NOW - timedelta(hours=3), "window_end": NOW}, "window_end"),
        ({"window_start": NOW - timedelta(hours=4)}, "window_start"),  # 08:00
        ({"window_end": NOW + timedelta(hours=9, minutes=31)}, "window_start"),  # 21:31
    ],
)
def test_the_composer_names_what_is_wrong_and_where(operator, overrides, field):
    with pytest.raises(InvalidInput) as refused:
        written(operator, **overrides)
    assert refused.value.field == field
    assert not Broadcast.objects.exists()


def test_four_thousand_bytes_and_a_window_up_to_the_quiet_hours_are_fine(operator):
    written(
        operator,
        text="春" * 1333,
        window_start=NOW - timedelta(hours=3, minutes=30),
        window_end=NOW + timedelta(hours=9, minutes=30),
    )


def test_a_window_lies_before_or_after_the_lunch_break_of_its_kind(operator):
    PolicySettings.objects.create(pk=1, lunch_channels=["private"])
    with pytest.raises(InvalidInput, match="12:30") as refused:
        written(operator)
    assert refused.value.field == "window_start"
    written(operator, window_end=NOW + timedelta(minutes=30))
    start, end = compose.next_window(house_terms(), NOW + timedelta(minutes=20))
    assert (start, end) == (NOW + timedelta(hours=2), NOW + timedelta(hours=9, minutes=30))
    written(operator, window_start=start, window_end=end)
    everybody = {"segment": None, "group_segment": rows.group_segment()}
    assert written(operator, kind="group", **everybody).window_end == NOW + timedelta(hours=6)


def test_without_an_audience_there_is_no_broadcast(operator):
    draft = compose.Draft(**{**vars(rows.draft()), "segment": None})
    with pytest.raises(InvalidInput) as refused:
        compose.create_draft(draft=draft, operator=operator, now=NOW)
    assert refused.value.field == "segment"


def test_nothing_is_held_out_of_a_service_message(operator):
    assert written(operator, touch_class="service", holdout_percent=10).holdout_percent == 0


def test_the_next_window_begins_at_a_quarter_and_ends_with_the_evening():
    terms = Terms(zone=rows.SHANGHAI)
    local = NOW.astimezone(rows.SHANGHAI)
    start, end = compose.next_window(terms, local.replace(hour=14, minute=7))
    assert (f"{start:%d %H:%M}", f"{end:%d %H:%M}") == ("10 14:15", "10 21:30")
    start, end = compose.next_window(terms, local.replace(hour=21, minute=20))
    assert (f"{start:%d %H:%M}", f"{end:%d %H:%M}") == ("11 08:30", "11 21:30")


def test_only_a_draft_can_be_changed_or_deleted(operator):
    rows.customer(rows.staff())
    draft = written(operator)
    compose.update_draft(
        broadcast=draft, draft=rows.draft(name="Summer"), operator=operator, now=NOW
    )
    assert draft.name == "Summer"
    control.schedule(broadcast=draft, operator=operator, now=NOW)
    with pytest.raises(IllegalMove):
        compose.update_draft(broadcast=draft, draft=rows.draft(), operator=operator, now=NOW)
    with pytest.raises(IllegalMove):
        compose.delete_draft(broadcast=draft, operator=operator, now=NOW)
    other = written(operator)
    compose.delete_draft(broadcast=other, operator=operator, now=NOW)
    assert Broadcast.objects.get() == draft


def test_scheduling_takes_the_rule_of_the_moment_and_later_edits_change_nothing(operator):
    rows.customer(rows.staff())
    draft = written(operator)
    segment = draft.segment
    segment.rule, segment.version = {"not": {"field": "gender", "op": "in", "value": [1]}}, 2
    segment.save()
    control.schedule(broadcast=draft, operator=operator, now=NOW)
    draft.refresh_from_db()
    assert (draft.state, draft.segment_version, draft.rule) == ("scheduled", 2, segment.rule)
    assert AuditEntry.objects.filter(action="broadcast.schedule").count() == 1


def test_a_broadcast_to_nobody_is_not_scheduled(operator):
    draft = written(operator)
    with pytest.raises(InvalidInput):
        control.schedule(broadcast=draft, operator=operator, now=NOW)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_window_that_passed_meanwhile_is_not_scheduled(operator):
    rows.customer(rows.staff())
    draft = written(operator)
    with pytest.raises(InvalidInput):
        control.schedule(broadcast=draft, operator=operator, now=NOW + timedelta(days=1))


def test_a_copy_is_a_new_draft_with_the_next_window_and_its_own_hold_out(operator):
    first = rows.frozen(attachments=[{"msgtype": "link", "link": {"title": "x", "url": "y"}}])
    copied = compose.copy(broadcast=first, operator=operator, now=NOW)
    assert (copied.state, copied.text, copied.attachments) == (
        "draft",
        first.text,
        first.attachments,
    )
    assert copied.window_start > NOW
    assert copied.holdout_salt != first.holdout_salt
