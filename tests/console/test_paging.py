"""Keyset pages: every row once, in order, whatever is inserted meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import Contact
from scrm.console.paging import Sort, counted, estimated, window
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db

NEWEST = Sort("first_followed_at")
LAST_LOST = Sort("lost_at", has_nulls=True)
FIRST_LOST = Sort("lost_at", is_descending=False, has_nulls=True)


def walk(sort, size=3):
    cursor, seen = "", []
    while True:
        page = window(Contact.objects.all(), sort=sort, cursor=cursor, size=size)
        seen += page.rows
        cursor = page.next_cursor
        if not cursor:
            return seen


def test_pages_give_every_row_once_also_among_equals():
    for number in range(8):
        rows.contact(first_followed_at=NOW - timedelta(days=number // 3))
    seen = walk(NEWEST)
    assert len({row.pk for row in seen}) == len(seen) == 8
    assert seen == list(Contact.objects.order_by("-first_followed_at", "-pk"))


@pytest.mark.parametrize("sort", [LAST_LOST, FIRST_LOST])
def test_rows_without_a_value_come_last_in_both_directions(sort):
    for number in range(7):
        lost = {"relation": "lost", "lost_at": NOW + timedelta(days=number)} if number % 2 else {}
        rows.contact(**lost)
    seen = walk(sort, size=2)
    assert len({row.pk for row in seen}) == 7
    assert [row.lost_at is None for row in seen] == [False] * 3 + [True] * 4


def test_a_row_inserted_at_the_top_does_not_repeat_one_on_the_next_page():
    for number in range(4):
        rows.contact(first_followed_at=NOW - timedelta(days=number))
    first = window(Contact.objects.all(), sort=NEWEST, size=2)
    rows.contact(first_followed_at=NOW + timedelta(days=1))
    second = window(Contact.objects.all(), sort=NEWEST, cursor=first.next_cursor, size=2)
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}


@pytest.mark.parametrize("nonsense", ["x", "!!!!", "WyJpbnQiXQ", "eyJhIjoxfQ", "é"])
def test_a_cursor_nobody_gave_out_starts_at_the_first_row(nonsense):
    rows.contact()
    page = window(Contact.objects.all(), sort=NEWEST, cursor=nonsense)
    assert page.is_first
    assert len(page.rows) == 1


def test_counting_stops_at_the_limit():
    for _number in range(4):
        rows.contact()
    assert counted(Contact.objects.all(), limit=3) == "3+"
    assert counted(Contact.objects.all(), limit=4) == "4"


def test_a_small_table_is_counted_exactly_even_before_it_was_ever_analysed():
    rows.contact()
    assert estimated(Contact.objects.all()) == "1"
