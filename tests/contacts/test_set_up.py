"""The line of the set-up check about staff out of range: green and amber."""

from __future__ import annotations

import pytest

from contacts.selectors.set_up import staff_out_of_range
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def test_staff_with_customers_whom_the_app_sees_are_fine(corp):
    corp.state.add_staff("Amy")
    rows.follow(rows.contact(), rows.staff(userid="amy"))
    assert staff_out_of_range(NOW).state.value == "ok"


def test_staff_with_customers_whom_the_app_does_not_see_are_named(corp):
    corp.state.add_staff("amy")
    for _customer in range(2):
        rows.follow(rows.contact(), rows.staff(userid=f"bob{_customer}", name="Bob"))
    verdict = staff_out_of_range(NOW)
    assert verdict.state.value == "warn"
    assert "Bob, Bob" in str(verdict.seen)


def test_staff_who_left_or_have_nobody_are_not_meant(corp):
    corp.state.add_staff("amy")
    rows.staff(userid="idle")
    rows.follow(rows.contact(), rows.staff(userid="gone", status=5))
    gone = rows.follow(rows.contact(), rows.staff(userid="alone"))
    gone.status, gone.ended_at = "by_staff", NOW
    gone.save()
    assert staff_out_of_range(NOW).state.value == "ok"
