"""Lines of the set-up check about sending: green and red."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadcasts.models import Batch
from broadcasts.selectors.set_up import pictures_in_time, stuck_batches
from tests.broadcasts import rows, welcome_rows
from tests.contacts import rows as contact_rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("minutes", "state"), [(5, "ok"), (45, "fail")])
def test_a_batch_being_submitted_for_long_is_a_red_line(minutes, state):
    Batch.objects.create(
        broadcast=rows.broadcast(),
        staff=contact_rows.staff(),
        size=1,
        state="unknown",
        attempt=1,
        intent_at=NOW - timedelta(minutes=minutes),
    )
    assert stuck_batches(NOW).state.value == state


def test_pictures_are_told_before_they_end_at_wecom():
    shown = welcome_rows.picture(welcome_rows.welcome(), media_id="m1", uploaded_at=NOW)
    assert pictures_in_time(NOW).state.value == "ok"
    assert pictures_in_time(NOW + timedelta(hours=61)).state.value == "warn"
    shown.welcome.is_active = False
    shown.welcome.save()
    assert pictures_in_time(NOW + timedelta(hours=61)).state.value == "ok"


def test_a_picture_that_wecom_refused_is_told():
    welcome_rows.picture(welcome_rows.welcome(), error="too big")
    verdict = pictures_in_time(NOW)
    assert verdict.state.value == "warn"
    assert "too big" in str(verdict.seen)
