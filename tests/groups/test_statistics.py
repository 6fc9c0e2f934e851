"""WeCom's statistics of groups: which days are due, resumed where a reading stopped, and what they
say of quiet groups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from groups.models import FigureDay, GroupChat, OwnerDay
from groups.selectors.activity import with_health, writing
from groups.services.group_facts import rebuild_group_facts
from groups.services.statistics import due_day, read_figures
from scrm.segments.days import business_day
from tests.contacts import rows

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
EARLY = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # 9:00 in Shanghai
PATH = "externalcontact/groupchat/statistic"
DAY = timedelta(days=1)


@pytest.fixture
def owners(corp):
    """Two owners: the groups of `busy` get messages, those of `still` none."""
    corp.state.clock.set(NOON - 60 * DAY)
    for userid in ("busy", "still"):
        corp.state.add_staff(userid, userid)
        member = rows.staff(userid=userid)
        corp.state.add_group(f"wr-{userid}", name=userid, owner=userid)
        GroupChat.objects.create(
            chat_id=f"wr-{userid}",
            name=userid,
            owner=member,
            owner_userid=userid,
            created_at=NOON - 60 * DAY,
        )
    rebuild_group_facts()
    corp.state.clock.set(NOON - DAY)
    corp.state.received["wr-busy"].append(int(corp.state.clock.timestamp()))
    corp.state.clock.set(NOON)
    return corp


def read(now=NOON, *, seconds=60):
    ticks = iter(range(100_000))
    return read_figures(
        clock=lambda: now + timedelta(milliseconds=next(ticks)),
        until=now + timedelta(seconds=seconds),
    )


def health(now=NOON, days=14):
    groups = with_health(GroupChat.objects.all(), known=writing(now=now, days=days))
    return dict(groups.values_list("name", "health"))


def test_every_day_back_to_wecoms_limit_is_read_once(owners):
    assert read() == 179
    assert due_day(now=NOON) is None
    assert FigureDay.objects.filter(read_at__isnull=False).count() == 179
    yesterday = OwnerDay.objects.get(owner__userid="busy", day=business_day(NOON) - DAY)
    assert (yesterday.groups, yesterday.active_groups, yesterday.messages) == (1, 1, 1)
    assert owners.state.calls[PATH] == 179


def test_the_last_days_are_read_again_the_next_morning(owners):
    read()
    assert due_day(now=EARLY + DAY) is None
    assert due_day(now=NOON + DAY) == business_day(NOON)
    owners.state.clock.set(NOON + DAY)
    assert read(NOON + DAY) == 3


def test_before_mid_morning_yesterday_is_not_asked_for(owners):
    assert due_day(now=EARLY) == business_day(NOON) - 2 * DAY


def test_nothing_is_due_without_groups(db):
    assert due_day(now=NOON) is None


def test_an_error_is_kept_with_the_day_and_reading_goes_on_there(owners):
    owners.state.faults.add(path=PATH, kind="errcode", value=48002, count=1)
    assert read() == 0
    (stuck,) = FigureDay.objects.all()
    assert stuck.error
    assert read() == 179
    stuck.refresh_from_db()
    assert (stuck.error, stuck.read_at is None) == ("", False)


def test_a_day_of_many_owners_goes_on_behind_the_last_page_written(owners):
    for number in range(150):
        member = rows.staff(userid=f"more{number:03d}")
        GroupChat.objects.create(
            chat_id=f"wr{number}", owner=member, owner_userid=member.userid, created_at=NOON
        )
    day = FigureDay.objects.create(
        day=business_day(NOON) - DAY,
        after=GroupChat.objects.order_by("owner_id")[99].owner_id,
    )
    before = owners.state.calls[PATH]
    read(seconds=0.006)
    assert owners.state.calls[PATH] == before + 1
    day.refresh_from_db()
    assert day.read_at is not None


def test_a_group_is_quiet_only_when_that_is_sure(owners):
    assert health() == {"busy": "unknown", "still": "unknown"}
    read()
    assert health() == {"busy": "active", "still": "quiet"}


def test_silence_is_unknown_while_a_day_is_missing(owners):
    read()
    FigureDay.objects.filter(day=business_day(NOON) - 5 * DAY).delete()
    assert health()["still"] == "unknown"


def test_one_of_several_groups_of_an_owner_who_wrote_is_unknown(owners):
    busy = GroupChat.objects.get(name="busy").owner
    owners.state.clock.set(NOON - 50 * DAY)
    owners.state.add_group("wr-second", name="second", owner="busy")
    owners.state.clock.set(NOON)
    GroupChat.objects.create(
        chat_id="wr-second",
        name="second",
        owner=busy,
        owner_userid="busy",
        created_at=NOON - 50 * DAY,
    )
    read()
    assert health() == {"busy": "unknown", "second": "unknown", "still": "quiet"}


def test_a_group_that_changed_hands_is_not_judged_by_the_new_owners_figures(owners):
    read()
    still = GroupChat.objects.get(name="still")
    still.events.create(kind="owner", at=NOON - 3 * DAY, before="busy", after="still")
    assert health()["still"] == "unknown"
