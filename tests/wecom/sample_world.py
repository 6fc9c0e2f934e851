"""The tea company of the captured bodies as a simulated corp: the same people and ids."""

from __future__ import annotations

from datetime import timedelta

from scrm.simulator.records import Media
from scrm.simulator.tables import ContactWay, JoinWay, Link
from tests.wecom.captured import captured

RAIN, SUN = "wmfvrx6YInKjjQciW67Zd4Tf0ezeZfUL", "wmgPv4ezlf9f868x-XC3ncTKPvG3l_Kk"
WU, LEI = "wmMuXFPb-A2FmHmkq5uTVCxQ2fjUt3yy", "wm4yu9JX7S-WlcGvbLI2g3DM_FPvFfDd"
LEFT_BEHIND = ("wmUdj_vFJ8oNiKFfsunnS58P0yU_7B5i", "wmAS3S6wBMZuKJJnrH8h8ExOih5xfFEZ")
CHEN = "wo6iJ6_3gxPQnRePDrGtqZfH11HmChQ0"
VIP, OTHER, ORPHAN = (
    "wrBT74ZW6peMrfid_aFKI3ytizKKOFes",
    "wr_mF_u_ozP75MXh8KnZ8Z2E0voefV4z",
    "wrWEVCVjV0urlkg0hAscXF0bbyr-EFCu",
)
LINK, OTHER_LINK = "caw655214785f85685", "cawf65084f92926bed"
WAY, JOIN_WAY = "0836ac2af0194efce2013cdf7639af72", "33505e6812a07a9cbddfcacbe060229c"
DAY = timedelta(days=1)


def build(state):
    """Fill an empty corp; it ends a day after everything happened."""
    for department, name, parent in ((2, "直营零售部", 1), (5, "春熙路店", 2), (6, "滨江店", 2)):
        state.add_department(department, name, parent)
    state.add_staff("zhangwei", "张伟")
    for userid, departments in (
        ("lina", (2,)),
        ("wangfang", (5, 2)),
        ("liuyang", (5,)),
        ("chenjie", (6,)),
    ):
        state.add_staff(userid, userid, departments)
    _tags(state)
    _customers(state)
    _groups(state)
    _codes(state)
    state.remove_staff("chenjie")
    state.clock.advance(DAY)
    return state


def _tags(state):
    state.add_strategy("西南区")
    captured_groups = captured("04-tag/get_corp_tag_list")["tag_group"]
    for group in captured_groups + captured("04-tag/get_strategy_tag_list")["tag_group"]:
        state.record(
            "tag_group",
            group_id=group["group_id"],
            name=group["group_name"],
            order=group["order"],
            at=group["create_time"],
            tags=[[tag["id"], tag["name"], tag["order"]] for tag in group["tag"]],
            strategy_id=group.get("strategy_id", 0),
        )


def _customers(state):
    for external_userid, name in (
        (RAIN, "小雨🌧"),
        (SUN, "孙浩"),
        (WU, "吴敏"),
        *((one, one[-4:]) for one in LEFT_BEHIND),
        (LEI, "雷子"),
    ):
        state.add_contact(external_userid, name, unionid=f"oz{external_userid}")
    state.add_contact(CHEN, "陈立", kind=2)
    for userid, external_userid in (
        ("wangfang", RAIN),
        ("wangfang", SUN),
        ("liuyang", WU),
        ("chenjie", LEFT_BEHIND[0]),
        ("chenjie", LEFT_BEHIND[1]),
        ("zhangwei", CHEN),
    ):
        state.follow(userid, external_userid)
    state.follow("lina", RAIN, add_way=10)
    state.follow("liuyang", RAIN, add_way=16, state="douyin-0901")
    follow = state.follow_between("wangfang", RAIN)
    follow.personal_tags, follow.mobiles = ["送过试饮"], ["13800001001"]
    for group in state.tag_groups.values():
        state.mark("wangfang", RAIN, group.tags[0].tag_id)
    state.mark("zhangwei", CHEN, next(iter(state.tags)))


def _groups(state):
    state.add_group(VIP, "春熙VIP1群", "wangfang", [RAIN, CHEN], admins=["liuyang"])
    state.join_group(VIP, SUN, state="poster-may", nickname="小孙")
    state.join_group(VIP, LEI, scene=2)
    state.add_group(OTHER, "周末茶会", "wangfang")
    state.add_group(ORPHAN, "老群", "chenjie")


def _codes(state):
    now = state.clock.timestamp()
    way = ContactWay(WAY, now, 2, 2, "https://wework.qpic.cn/1", user=["wangfang"], party=[5])
    state.keep("contact_ways", way)
    state.keep(
        "join_ways", JoinWay(JOIN_WAY, now, 2, "https://wework.qpic.cn/2", chat_id_list=[VIP])
    )
    priority = {"priority_type": 2, "priority_userid_list": ["wangfang"]}
    for link_id in (LINK, OTHER_LINK):
        link = Link(link_id, "抖音九月投放", now, ["wangfang"], [6], priority=priority)
        state.keep("links", link)
    person = state.add_contact()
    userid = state.use_link(LINK, person, channel="douyin-0902")
    for _message in range(3):
        state.reply(userid, person)
    for name in (
        "3vkL1w5DwCAHe_WGroPr1cIQDpUV2u26HNUrLAATKKsUaoDDJEFVvsXqp7QzUABg",
        "3eQe52e2n3EmO8Mjq7Rj6nVJa9VmuZ6vFZHSJY8g06kOoQBqnieFTTXUYbRJP4wn",
    ):
        picture = Media(name, "image", "a.png", 9, now, state.clock.steady())
        state.media[name] = picture
