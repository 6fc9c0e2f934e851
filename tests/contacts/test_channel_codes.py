"""Codes and links at WeCom: made exactly once, kept as they shall be, deleted."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from contacts.models import Channel, Department, Staff
from contacts.services.channel_codes import bring_up_to_date, carry_out
from contacts.services.channels import (
    ChannelRefused,
    ShiftDraft,
    archive_channel,
    carry_out_now,
    change_channel,
    delete_channel,
    set_shifts,
    try_again,
)
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.channel_rows import draft, made, serving

pytestmark = pytest.mark.django_db

ADD, UPDATE = "externalcontact/add_contact_way", "externalcontact/update_contact_way"
LINK = "externalcontact/customer_acquisition/create_link"
LATER = timedelta(minutes=3)


def ways(corp):
    return list(corp.state.contact_ways.values())


def test_a_code_is_made_with_a_state_of_its_own_and_shown_at_once(corp, operator):
    (_wang,) = serving(corp, "wang")
    channel = made(operator=operator)
    (way,) = ways(corp)
    assert (channel.status, channel.config_id, channel.address) == (
        "live",
        way.config_id,
        way.qr_code,
    )
    assert (way.state, way.user, way.remark) == (channel.state, ["wang"], "Counter")
    assert len(channel.state) <= 30
    assert bring_up_to_date(now=timezone.now()) == 0
    assert AuditEntry.objects.get().action == "channel.create"


def test_a_link_carries_the_state_in_its_address(corp):
    serving(corp, "wang")
    channel = made(kind="link", name="抖音" * 20)
    (link,) = corp.state.links.values()
    assert channel.address == f"{link.url}?customer_channel={channel.state}"
    assert link.link_name.endswith(channel.state)
    assert len(link.link_name) == 30


@pytest.mark.parametrize(("kind", "path"), [("code", ADD), ("link", LINK)])
def test_a_lost_answer_never_makes_a_second_one(corp, kind, path):
    serving(corp, "wang")
    corp.state.faults.add(path=path, kind="drop_after")
    now = timezone.now()
    channel = made(kind=kind, now=now)
    assert (channel.status, channel.is_checked) == ("making", True)
    assert carry_out(now=now + timedelta(seconds=30)) == 0
    carry_out(now=now + LATER)
    channel.refresh_from_db()
    assert (channel.status, channel.problem, channel.is_checked) == ("live", "", False)
    made_there = ways(corp) if kind == "code" else list(corp.state.links.values())
    assert len(made_there) == 1
    assert channel.config_id == (getattr(made_there[0], "config_id", "") or made_there[0].link_id)
    assert channel.address


@pytest.mark.parametrize("kind", ["code", "link"])
def test_what_surely_was_not_made_is_made_after_looking(corp, kind):
    serving(corp, "wang")
    corp.state.faults.add(path=ADD if kind == "code" else LINK, kind="http", value=502)
    now = timezone.now()
    made(kind=kind, now=now)
    carry_out(now=now + LATER)
    assert Channel.objects.get().status == "live"
    assert len(ways(corp)) + len(corp.state.links) == 1


def test_a_worker_killed_before_the_call_is_followed_by_another(corp):
    (_wang,) = serving(corp, "wang")
    channel = made()
    now = timezone.now()
    corp.state.contact_ways.clear()
    Channel.objects.filter(pk=channel.pk).update(
        status="making", config_id="", address="", intent_at=now, due_at=now
    )
    carry_out(now=now)
    channel.refresh_from_db()
    assert channel.status == "live"
    assert len(ways(corp)) == 1


def test_while_the_list_cannot_be_read_nothing_is_made_again(corp):
    serving(corp, "wang")
    now = timezone.now()
    corp.state.faults.add(path=ADD, kind="drop_after")
    made(now=now)
    listing = "externalcontact/list_contact_way"
    corp.state.faults.add(path=listing, kind="errcode", value=48002)
    carry_out(now=now + LATER)
    channel = Channel.objects.get()
    assert channel.is_checked
    assert "48002" in channel.problem
    carry_out(now=now + LATER * 2)
    assert Channel.objects.get().status == "live"
    assert len(ways(corp)) == 1


def test_a_refusal_is_said_and_tried_again_after_a_change(corp, operator):
    (_wang,) = serving(corp, "wang")
    corp.state.faults.add(path=ADD, kind="errcode", value=40098)
    channel = made()
    assert channel.status == "refused"
    assert "40098" in channel.problem
    changed = change_channel(
        channel_id=channel.pk, draft=draft(name="Again"), operator=operator, now=timezone.now()
    )
    assert (changed.status, changed.problem, ways(corp)[0].remark) == ("live", "", "Again")


def test_a_limit_only_delays(corp):
    serving(corp, "wang")
    now = timezone.now()
    corp.state.faults.add(path=ADD, kind="errcode", value=45033)
    channel = made(now=now)
    assert channel.status in ("making", "live")
    carry_out(now=now + timedelta(hours=1))
    assert Channel.objects.get().status == "live"
    assert len(ways(corp)) == 1


def test_nobody_to_lead_to_is_said_and_wecom_is_not_asked(corp):
    (_wang,) = serving(corp, "wang")
    Staff.objects.update(is_following=False)
    channel = made()
    assert channel.status == "refused"
    assert channel.problem
    assert not ways(corp)


def test_a_change_reaches_the_printed_code(corp, operator):
    _wang, li = serving(corp, "wang", "li")
    channel = made()
    qr_code = channel.address
    change_channel(
        channel_id=channel.pk,
        draft=draft(name="Door", staff_ids=[li.pk], skip_verify=False),
        operator=operator,
        now=timezone.now(),
    )
    (way,) = ways(corp)
    assert (way.user, way.remark, way.skip_verify) == (["li"], "Door", False)
    assert Channel.objects.get().address == qr_code


def test_a_change_that_wecom_did_not_answer_is_written_again(corp, operator):
    _wang, li = serving(corp, "wang", "li")
    channel = made()
    now = timezone.now()
    corp.state.faults.add(path=UPDATE, kind="drop_before")
    changed = change_channel(
        channel_id=channel.pk, draft=draft(staff_ids=[li.pk]), operator=operator, now=now
    )
    assert changed.problem
    assert carry_out(now=now + LATER) == 1
    assert ways(corp)[0].user == ["li"]
    assert Channel.objects.get().problem == ""


def test_staff_who_left_are_taken_out_of_the_code(corp):
    wang, li = serving(corp, "wang", "li")
    made(staff_ids=[wang.pk, li.pk])
    Staff.objects.filter(pk=wang.pk).update(status=Staff.Status.LEFT)
    assert bring_up_to_date(now=timezone.now()) == 1
    assert ways(corp)[0].user == ["li"]


def test_departments_are_passed_on_whole(corp):
    (_wang,) = serving(corp, "wang")
    corp.state.add_department(7, "Shop")
    corp.state.add_staff("li", departments=(7,))
    shop = Department.objects.create(wecom_id=7, name="Shop", parent_wecom_id=1)
    made(staff_ids=[], department_ids=[shop.pk])
    assert (ways(corp)[0].user, ways(corp)[0].party) == ([], [7])


def test_the_weekly_plan_moves_the_code_from_shift_to_shift(corp, operator):
    wang, li = serving(corp, "wang", "li")
    tz = timezone.get_default_timezone()
    noon = datetime(2026, 3, 9, 12, tzinfo=tz)  # a Monday
    channel = made(staff_ids=[wang.pk, li.pk], now=noon)
    plan = [
        ShiftDraft(range(7), time(9), time(18), [wang.pk]),
        ShiftDraft(range(7), time(18), time(22), [li.pk]),
    ]
    set_shifts(channel_id=channel.pk, shifts=plan, operator=operator, now=noon)
    assert ways(corp)[0].user == ["wang"]
    carry_out(now=noon.replace(hour=19))
    assert ways(corp)[0].user == ["li"]
    carry_out(now=noon.replace(hour=23))
    assert ways(corp)[0].user == ["wang", "li"]
    with pytest.raises(InvalidInput) as missing:
        set_shifts(
            channel_id=channel.pk,
            shifts=[ShiftDraft([], time(9), time(18), [wang.pk])],
            operator=operator,
            now=noon,
        )
    assert missing.value.field == "weekdays"
    assert channel.shifts.count() == 2


def test_who_is_full_for_today_gives_way_then_backups_then_everybody_again(corp):
    wang, li, backup = serving(corp, "wang", "li", "backup")
    now = timezone.now()
    channel = made(staff_ids=[wang.pk, li.pk], daily_cap=1, backup_ids=[backup.pk], now=now)

    def meet(member):
        person = rows.contact()
        rows.follow(person, member, state=channel.state, added_at=now)
        bring_up_to_date(now=now)
        return ways(corp)[0].user

    assert meet(wang) == ["li"]
    assert meet(li) == ["backup"]
    Channel.objects.get().backups.clear()
    bring_up_to_date(now=now)
    assert ways(corp)[0].user == ["wang", "li"]
    carry_out(now=now + timedelta(days=1))
    assert ways(corp)[0].user == ["wang", "li"]


def test_deleting_kills_the_code_once_and_for_all(corp, operator):
    serving(corp, "wang")
    for kind in ("code", "link"):
        channel = made(kind=kind)
        delete_channel(channel_id=channel.pk, operator=operator, now=timezone.now())
        channel.refresh_from_db()
        assert (channel.status, channel.is_archived) == ("deleted", True)
        with pytest.raises(ChannelRefused):
            delete_channel(channel_id=channel.pk, operator=operator, now=timezone.now())
    assert not ways(corp)
    assert not corp.state.links


@pytest.mark.parametrize("kind", ["code", "link"])
def test_a_delete_whose_answer_was_lost_is_repeated(corp, operator, kind):
    serving(corp, "wang")
    channel = made(kind=kind)
    path = "del_contact_way" if kind == "code" else "customer_acquisition/delete_link"
    corp.state.faults.add(path=f"externalcontact/{path}", kind="drop_after")
    with pytest.raises(ChannelRefused):
        delete_channel(channel_id=channel.pk, operator=operator, now=timezone.now())
    assert Channel.objects.get().status == "live"
    delete_channel(channel_id=channel.pk, operator=operator, now=timezone.now())
    assert Channel.objects.get().status == "deleted"


@pytest.mark.parametrize("kind", ["code", "link"])
def test_what_somebody_deleted_in_wecom_is_known_at_the_next_change(corp, operator, kind):
    serving(corp, "wang")
    channel = made(kind=kind)
    corp.state.contact_ways.clear()
    corp.state.links.clear()
    changed = change_channel(
        channel_id=channel.pk, draft=draft(name="New"), operator=operator, now=timezone.now()
    )
    assert changed.status == "deleted"
    assert changed.problem
    with pytest.raises(ChannelRefused):
        change_channel(channel_id=channel.pk, draft=draft(), operator=operator, now=timezone.now())


def test_an_archived_code_goes_on_leading_to_staff(corp, operator):
    wang, li = serving(corp, "wang", "li")
    channel = made(staff_ids=[wang.pk, li.pk])
    archive_channel(channel_id=channel.pk, is_archived=True, operator=operator, now=timezone.now())
    Staff.objects.filter(pk=wang.pk).update(status=Staff.Status.LEFT)
    bring_up_to_date(now=timezone.now())
    assert ways(corp)[0].user == ["li"]


def test_a_pause_after_a_failure_can_be_ended_by_hand(corp, operator):
    serving(corp, "wang")
    corp.state.faults.add(path=ADD, kind="errcode", value=40098)
    channel = made()
    again = try_again(channel_id=channel.pk, operator=operator, now=timezone.now())
    assert again.status == "live"
    assert carry_out_now(channel_id=channel.pk, now=timezone.now()).status == "live"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 65}),
        ("staff", {"staff_ids": []}),
        ("staff", {"staff_ids": range(101)}),
        ("daily_cap", {"daily_cap": 0}),
        ("remark_prefix", {"remark_prefix": "x" * 11}),
        ("note", {"note": "x" * 151}),
        ("tags", {"tag_ids": range(21)}),
    ],
)
def test_what_cannot_be_is_said_at_its_field(corp, field, wrong):
    serving(corp, "wang")
    with pytest.raises(InvalidInput) as refused:
        made(**wrong)
    assert refused.value.field == field
    assert not Channel.objects.exists()
