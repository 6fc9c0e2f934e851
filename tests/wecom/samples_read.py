"""What the gateway makes of each captured answer, and what that must be."""

from __future__ import annotations

from datetime import UTC, date, datetime

from scrm import wecom
from tests.wecom import sample_world as w

GROUPS, CODES = "05-groupchat/", "06-contactway/"
DAY = date(2026, 10, 10)
SPAN = {"start": DAY, "end": DAY}
OWNERS = {"owners": ["wangfang", "lina"], **SPAN}
PAIR = {"handover": "liuyang", "takeover": "wangfang"}
_NOW = datetime(2026, 10, 10, tzinfo=UTC)
_TIMES = {"start": _NOW, "end": _NOW}
# Answers that lead on to another page.
FIRST_PAGES = {"02-directory/user_list_id_page1", "03-customer/get_paged_page1"}


def _profile(gateway, *names):
    found = gateway.staff_profile("x")
    return tuple(getattr(found, name) for name in names)


def _first(found):
    return next(iter(found))


READ = {
    "02-directory/department_list": lambda g: (
        [(d.id, d.name_en, d.leaders) for d in g.departments()][1],
        (2, "Retail", ("lina",)),
    ),
    "02-directory/department_simplelist": lambda g: (
        [(d.id, d.parent_id, d.order) for d in g.department_refs()][2],
        (5, 2, 99998000),
    ),
    "02-directory/user_get_full": lambda g: (
        _profile(g, "mobile", "gender", "email", "leads", "direct_leaders"),
        ("13800000003", 2, "wangfang@example.com", (5,), ("lina",)),
    ),
    "02-directory/user_get_new_app": lambda g: (
        _profile(g, "mobile", "gender", "channels_nickname", "attributes"),
        (
            "",
            0,
            "云岭茶业官方",
            (
                wecom.ProfileAttribute(0, "擅长", "普洱冲泡"),
                wecom.ProfileAttribute(
                    1, "门店主页", "https://shop.example.com/cd-chunxi", "春熙路店"
                ),
            ),
        ),
    ),
    "02-directory/user_list": lambda g: (
        [(s.userid, s.department_ids, s.status) for s in g.staff(5)],
        [("wangfang", (5, 2), 1), ("liuyang", (5,), 4)],
    ),
    "02-directory/user_list_id_last": lambda g: (
        [(p.userid, p.department_id) for p in g.staff_places()],
        [("liuyang", 5)],
    ),
    "02-directory/user_simplelist": lambda g: (
        g.staff_names(5)[0],
        wecom.StaffName("wangfang", "王芳", (5, 2), ""),
    ),
    "03-customer/batch_get_by_user_page1": lambda g: (
        [pair.follow.remark_company for pair in g.contacts_of(["x"]).items],
        ["锦江设计工作室", ""],
    ),
    "03-customer/batch_get_by_user_last": lambda g: (
        [
            (i.follow.state, i.follow.add_way, len(i.follow.tag_ids))
            for i in g.contacts_of(["x"]).items
        ],
        [("douyin-0901", 16, 1), ("", 202, 0)],
    ),
    "03-customer/contact_list_served": lambda g: (
        [(p.is_customer, p.name, p.external_userid[:4], p.chat_name) for p in g.served_people()],
        [(False, "***宇", "", "周末茶会"), (True, "", "wmfv", ""), (True, "", "wmfv", "")],
    ),
    "03-customer/get_follow_user_list": lambda g: (len(g.follow_staff()), 4),
    "03-customer/get_wechat_user": lambda g: (
        [(f.userid, f.personal_tags, f.channels_source) for f in g.contact("x").follows],
        [("wangfang", ("送过试饮",), 0), ("lina", (), 2), ("liuyang", (), 0)],
    ),
    "03-customer/get_wecom_user": lambda g: (
        [one.value for one in g.contact("x").contact.shown],
        ["采购中心", "https://shuxiang.example.com", "wx1b2c3d4e5f607182"],
    ),
    "03-customer/list": lambda g: (len(g.contact_ids("x")), 4),
    "03-customer/list_no_customer": lambda g: (g.contact_ids("x"), []),
    "04-tag/add_corp_tag": lambda g: (
        [tag.name for tag in g.add_corp_tags(["绿茶"], group_name="g").tags],
        ["绿茶", "红茶"],
    ),
    "04-tag/get_corp_tag_list": lambda g: ([t.order for t in g.corp_tags()], [30, 20, 10]),
    "04-tag/get_corp_tag_list_by_group": lambda g: (
        [tag.deleted for tag in g.corp_tags()[0].tags],
        [False, False, True],
    ),
    "04-tag/get_strategy_tag_list": lambda g: (
        [(t.strategy_id, t.name, t.tags[0].name) for t in g.strategy_tags(1)],
        [(1, "西南区", "成都")],
    ),
    GROUPS + "get": lambda g: (
        [(m.join_scene, m.invitor_userid, m.state, m.name) for m in g.group_chat("x").members][2:4],
        [(1, "wangfang", "", "小雨🌧"), (3, "", "poster-may", "孙浩")],
    ),
    GROUPS + "get_without_names": lambda g: (
        {member.name for member in g.group_chat("x").members},
        {""},
    ),
    GROUPS + "list_page1": lambda g: (
        g.group_chats().next_cursor,
        "hvSS3lp3QBzMAqQbBmhZvRxYxV8v0EZzOuoyToIjuuS",
    ),
    GROUPS + "list_last": lambda g: ([one.status for one in g.group_chats().items], [1]),
    GROUPS + "onjob_transfer_all_ok": lambda g: (
        g.transfer_groups(chat_ids=["a"], new_owner="x").accepted,
        ("a",),
    ),
    GROUPS + "opengid_to_chatid": lambda g: (g.group_of_opengid("x"), w.VIP),
    GROUPS + "transfer_partial_fail": lambda g: (
        [r.code for r in g.transfer_resigned_groups(chat_ids=["a"], new_owner="x").refused],
        [90500],
    ),
    GROUPS + "statistic": lambda g: (
        [row.figures.members for row in g.group_figures(**OWNERS)],
        [186, 25],
    ),
    GROUPS + "statistic_group_by_day": lambda g: (
        [row.figures.messages for row in g.group_figures_by_day(**OWNERS)],
        [190, 377],
    ),
    CODES + "acquisition_create_link": lambda g: (
        g.create_link(wecom.LinkDraft("x", ("x",))).link_id,
        w.LINK,
    ),
    CODES + "acquisition_customer": lambda g: (
        [c.chat_status for c in g.link_customers("x")],
        [1, 0, 2],
    ),
    CODES + "acquisition_get": lambda g: (
        g.link("x").draft,
        wecom.LinkDraft("抖音九月投放", ("wangfang", "liuyang"), (6,), priority=("wangfang",)),
    ),
    CODES + "acquisition_get_chat_info": lambda g: (
        g.link_chat("x"),
        wecom.LinkChat("wangfang", w.LEFT_BEHIND[0], 3, w.LINK, "douyin-0902"),
    ),
    CODES + "acquisition_list_link": lambda g: (list(g.link_ids()), [w.LINK, w.OTHER_LINK]),
    CODES + "acquisition_quota": lambda g: (
        [part.balance for part in g.acquisition_quota().parts],
        [320, 1000],
    ),
    CODES + "acquisition_statistic": lambda g: (g.link_statistic("x", **SPAN).added, 93),
    CODES + "add_contact_way": lambda g: (
        g.add_contact_way(wecom.ContactWayDraft(userids=("x",))).config_id,
        w.WAY,
    ),
    CODES + "get_contact_way": lambda g: (
        g.contact_way("x").department_ids,
        (5,),
    ),
    CODES + "groupchat_add_join_way": lambda g: (
        g.add_join_way(wecom.JoinWayDraft(("x",))),
        w.JOIN_WAY,
    ),
    CODES + "groupchat_get_join_way": lambda g: (g.join_way("x").way.state, "poster-may"),
    CODES + "list_contact_way": lambda g: (_first(g.contact_way_ids(**_TIMES)), w.WAY),
    "10-statistics/get_user_behavior_data": lambda g: (
        [day.reply_percentage for day in g.staff_behaviour(userids=["x"], **SPAN)],
        [86.36, None],
    ),
    "11-transfer/get_unassigned_list": lambda g: (len(list(g.unassigned_contacts())), 2),
    "11-transfer/resigned_transfer_customer": lambda g: (
        [r.code for r in g.transfer_resigned_contacts(**PAIR, external_userids=["x"]).refused],
        [40100],
    ),
    "11-transfer/transfer_customer": lambda g: (
        [r.code for r in g.transfer_contacts(**PAIR, external_userids=["x"]).refused],
        [40096],
    ),
    "11-transfer/transfer_result": lambda g: (
        [result.status for result in g.transfer_results(**PAIR)],
        [2, 1, 3, 4],
    ),
}
