"""Statistics that follow from what happened in the simulated corp; captured bodies."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from scrm import wecom
from scrm.simulator import figures
from scrm.simulator.records import Reply
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

MONDAY = date(2026, 6, 1)  # the shop's day
DAY = timedelta(days=1)


def test_a_days_work_is_counted_from_what_happened(gateway, shop):
    gateway.create_group_message(
        sender="zhangwei", text="秋茶", external_userids=["wm-xiaoyu", "wm-sunhao"]
    )
    shop.confirm()
    shop.reply("zhangwei", "wm-xiaoyu")
    shop.follow("zhangwei", shop.add_contact(), add_way=2)
    shop.unfollow_by_contact("zhangwei", "wm-sunhao")
    [monday] = gateway.staff_behaviour(userids=["zhangwei"], start=MONDAY, end=MONDAY)
    [reply] = shop.replies
    minutes = figures.answer_minutes(reply)
    assert (monday.day, monday.chats) == (MONDAY, 2)
    assert monday.messages == 2 + (minutes is not None)
    assert monday.reply_percentage == (0 if minutes is None else 100)
    assert (monday.new_contacts, monday.new_applications, monday.negative_feedback) == (3, 1, 1)


def test_a_day_without_chats_says_nothing_of_answers(gateway, shop):
    [sunday] = gateway.staff_behaviour(userids=["zhangwei"], start=MONDAY - DAY, end=MONDAY - DAY)
    assert (sunday.reply_percentage, sunday.average_reply_minutes, sunday.chats) == (None, None, 0)


def test_a_long_span_is_asked_for_in_pieces(gateway, shop):
    shop.clock.advance(timedelta(days=70))
    found = list(gateway.staff_behaviour(department_ids=[2], start=MONDAY, end=MONDAY + 69 * DAY))
    assert [day.day for day in found] == [MONDAY + number * DAY for number in range(70)]
    assert sum(day.new_contacts for day in found) == 2
    assert shop.calls["externalcontact/get_user_behavior_data"] == 3


def test_days_longer_ago_than_half_a_year_are_gone(gateway, shop):
    with pytest.raises(wecom.BadRequest):
        list(
            gateway.staff_behaviour(
                userids=["zhangwei"], start=MONDAY - 181 * DAY, end=MONDAY - 170 * DAY
            )
        )


def test_most_messages_are_answered_within_minutes():
    replies = [Reply("zhangwei", f"wm-{number}", number, "") for number in range(500)]
    found = [figures.answer_minutes(reply) for reply in replies]
    answered = [minutes for minutes in found if minutes]
    assert 0.8 < len(answered) / len(found) < 0.95
    assert (min(answered), max(answered)) == (1, 20)


@pytest.fixture
def groups(shop):
    """A group of Zhang Wei with two customers and a message, one of Wang Fang; a day later."""
    old = datetime(2026, 5, 20, 8, tzinfo=UTC)
    chat = shop.add_group("wr-1", "茶友群", "zhangwei", members=["wm-xiaoyu"], at=old)
    shop.join_group(chat, "wm-sunhao")
    shop.add_group("wr-2", "新群", "wangfang")
    return shop


def test_groups_are_counted_by_owner_and_by_day(gateway, groups):
    gateway.create_group_message(
        sender="zhangwei", text="秋茶", chat_ids=["wr-1"], chat_type="group"
    )
    groups.confirm()
    groups.clock.advance(DAY)
    owners = ["zhangwei", "wangfang", "lina"]
    found = {
        row.owner: row.figures
        for row in gateway.group_figures(owners=owners, start=MONDAY, end=MONDAY)
    }
    assert set(found) == {"zhangwei", "wangfang"}
    old, new = found["zhangwei"], found["wangfang"]
    assert (old.new_groups, old.groups, old.members, old.new_members) == (0, 1, 3, 1)
    assert (old.active_groups, old.active_members, old.messages) == (1, 1, 1)
    assert (new.new_groups, new.groups, new.messages) == (1, 1, 0)
    days = list(gateway.group_figures_by_day(owners=owners, start=MONDAY - DAY, end=MONDAY))
    assert [day.day for day in days] == [MONDAY - DAY, MONDAY]
    assert [day.figures.groups for day in days] == [1, 2]


def test_a_day_of_groups_must_be_over(gateway, groups):
    with pytest.raises(wecom.BadRequest):
        list(gateway.group_figures(owners=["zhangwei"], start=MONDAY, end=MONDAY))
    with pytest.raises(ValueError, match="30 days"):
        list(gateway.group_figures(owners=["x"], start=MONDAY - 40 * DAY, end=MONDAY))


def test_statistics_are_asked_for_by_midnights_in_beijing(replay):
    told = replay("10-statistics/get_user_behavior_data")
    [first, second] = told.gateway.staff_behaviour(
        userids=["zhangwei"], start=date(2026, 10, 10), end=date(2026, 10, 11)
    )
    assert told.sent == {
        "userid": ["zhangwei"],
        "start_time": 1791561600,
        "end_time": 1791648000,
    }
    assert (first.day, first.reply_percentage, first.average_reply_minutes) == (
        date(2026, 10, 10),
        86.36,
        7,
    )
    assert (second.chats, second.reply_percentage) == (0, None)


def test_wecoms_answers_about_groups_are_read(replay):
    span = {"owners": ["wangfang"], "start": MONDAY, "end": MONDAY}
    owners = list(replay("05-groupchat/statistic").gateway.group_figures(**span))
    assert [(row.owner, row.figures.members) for row in owners] == [("wangfang", 186), ("lina", 25)]
    told = replay("05-groupchat/statistic_group_by_day").gateway.group_figures_by_day(**span)
    assert [row.figures.messages for row in told] == [190, 377]


def test_the_simulator_answers_as_wecom_does(groups, corp_api):
    groups.reply("zhangwei", "wm-xiaoyu")
    groups.clock.advance(DAY)
    corp_api.log_in()  # tokens do not live a day
    now = groups.clock.timestamp()
    body = {"userid": ["zhangwei"], "start_time": now - 2 * 86_400, "end_time": now}
    answer = corp_api.post("externalcontact/get_user_behavior_data", body)
    assert_like(answer, captured("10-statistics/get_user_behavior_data"))
    body = {"day_begin_time": now - 86_400, "owner_filter": {"userid_list": ["zhangwei"]}}
    for name in ("statistic", "statistic_group_by_day"):
        answer = corp_api.post(f"externalcontact/groupchat/{name}", body)
        assert_like(answer, captured(f"05-groupchat/{name}"))


def test_owners_come_in_the_order_asked_for(gateway, groups):
    groups.clock.advance(DAY)
    span = {"owners": ["zhangwei", "wangfang"], "start": MONDAY, "end": MONDAY}
    most = gateway.group_figures(**span, order=wecom.GroupOrder.MEMBERS)
    assert [row.owner for row in most] == ["zhangwei", "wangfang"]
    least = gateway.group_figures(**span, order=wecom.GroupOrder.MEMBERS, ascending=True)
    assert [row.owner for row in least] == ["wangfang", "zhangwei"]
