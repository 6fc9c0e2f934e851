"""How the simulator is asked for the like of each captured body."""

from __future__ import annotations

from tests.simulator.client import Client
from tests.wecom import sample_world as w
from tests.wecom.captured import captured

EXT = "externalcontact"
GROUPS, CODES = "05-groupchat/", "06-contactway/"

# Body → how the simulator is asked for the like of it: GET with a query or POST with a body.
ASKED = {
    "02-directory/department_list": ("GET", "department/list", {}),
    "02-directory/department_simplelist": ("GET", "department/simplelist", {}),
    "02-directory/user_get_full": ("GET", "user/get", {"userid": "wangfang"}),
    "02-directory/user_get_new_app": ("GET", "user/get", {"userid": "wangfang"}),
    "02-directory/user_list": ("GET", "user/list", {"department_id": 5}),
    "02-directory/user_list_id_page1": ("POST", "user/list_id", {"limit": 2}),
    "02-directory/user_list_id_last": ("POST", "user/list_id", {}),
    "02-directory/user_simplelist": ("GET", "user/simplelist", {"department_id": 5}),
    "03-customer/batch_get_by_user_page1": (
        "POST",
        f"{EXT}/batch/get_by_user",
        {"userid_list": ["wangfang"], "limit": 1},
    ),
    "03-customer/batch_get_by_user_last": (
        "POST",
        f"{EXT}/batch/get_by_user",
        {"userid_list": ["wangfang"]},
    ),
    "03-customer/contact_list_served": ("POST", f"{EXT}/contact_list", {}),
    "03-customer/get_follow_user_list": ("GET", f"{EXT}/get_follow_user_list", {}),
    "03-customer/get_paged_page1": ("GET", f"{EXT}/get", {"external_userid": w.RAIN}),
    "03-customer/get_wechat_user": ("GET", f"{EXT}/get", {"external_userid": w.RAIN}),
    "03-customer/get_wecom_user": ("GET", f"{EXT}/get", {"external_userid": w.CHEN}),
    "03-customer/list": ("GET", f"{EXT}/list", {"userid": "wangfang"}),
    "03-customer/list_no_customer": ("GET", f"{EXT}/list", {"userid": "newcomer"}),
    "04-tag/add_corp_tag": (
        "POST",
        f"{EXT}/add_corp_tag",
        {"group_name": "节气", "tag": [{"name": "立秋"}]},
    ),
    "04-tag/get_corp_tag_list": ("POST", f"{EXT}/get_corp_tag_list", {}),
    "04-tag/get_corp_tag_list_by_group": (
        "POST",
        f"{EXT}/get_corp_tag_list",
        {"group_id": ["etWOnCGXIcJXlLJ6hKFRS4OaAoaKlzyS"]},
    ),
    "04-tag/get_strategy_tag_list": ("POST", f"{EXT}/get_strategy_tag_list", {"strategy_id": 1}),
    GROUPS + "get": ("POST", f"{EXT}/groupchat/get", {"chat_id": w.VIP, "need_name": 1}),
    GROUPS + "get_without_names": ("POST", f"{EXT}/groupchat/get", {"chat_id": w.VIP}),
    GROUPS + "list_page1": ("POST", f"{EXT}/groupchat/list", {"limit": 1}),
    GROUPS + "list_last": (
        "POST",
        f"{EXT}/groupchat/list",
        {"limit": 9, "owner_filter": {"userid_list": ["chenjie"]}},
    ),
    GROUPS + "onjob_transfer_all_ok": (
        "POST",
        f"{EXT}/groupchat/onjob_transfer",
        {"chat_id_list": [w.VIP], "new_owner": "lina"},
    ),
    GROUPS + "opengid_to_chatid": (
        "POST",
        f"{EXT}/opengid_to_chatid",
        {"opengid": "o" + w.VIP[::-1]},
    ),
    GROUPS + "transfer_partial_fail": (
        "POST",
        f"{EXT}/groupchat/transfer",
        captured(GROUPS + "transfer_request"),
    ),
    CODES + "acquisition_create_link": (
        "POST",
        f"{EXT}/customer_acquisition/create_link",
        captured(CODES + "acquisition_create_link_request"),
    ),
    CODES + "acquisition_customer": (
        "POST",
        f"{EXT}/customer_acquisition/customer",
        {"link_id": w.LINK},
    ),
    CODES + "acquisition_get": ("POST", f"{EXT}/customer_acquisition/get", {"link_id": w.LINK}),
    CODES + "acquisition_list_link": ("POST", f"{EXT}/customer_acquisition/list_link", {}),
    CODES + "acquisition_quota": ("GET", f"{EXT}/customer_acquisition_quota", {}),
    CODES + "add_contact_way": (
        "POST",
        f"{EXT}/add_contact_way",
        captured(CODES + "add_contact_way_request"),
    ),
    CODES + "get_contact_way": ("POST", f"{EXT}/get_contact_way", {"config_id": w.WAY}),
    CODES + "groupchat_add_join_way": (
        "POST",
        f"{EXT}/groupchat/add_join_way",
        captured(CODES + "groupchat_add_join_way_request"),
    ),
    CODES + "groupchat_get_join_way": (
        "POST",
        f"{EXT}/groupchat/get_join_way",
        {"config_id": w.JOIN_WAY},
    ),
    CODES + "list_contact_way": ("POST", f"{EXT}/list_contact_way", {}),
    "11-transfer/get_unassigned_list": ("POST", f"{EXT}/get_unassigned_list", {}),
    "11-transfer/resigned_transfer_customer": (
        "POST",
        f"{EXT}/resigned/transfer_customer",
        captured("11-transfer/resigned_transfer_customer_request"),
    ),
    "11-transfer/transfer_customer": (
        "POST",
        f"{EXT}/transfer_customer",
        captured("11-transfer/transfer_customer_request"),
    ),
}
# The same for those that need something of the corp as it is now.
ASKED_OF_CORP = {
    GROUPS + "statistic": lambda corp: (f"{EXT}/groupchat/statistic", _groups_of_yesterday(corp)),
    GROUPS + "statistic_group_by_day": lambda corp: (
        f"{EXT}/groupchat/statistic_group_by_day",
        _groups_of_yesterday(corp),
    ),
    CODES + "acquisition_get_chat_info": lambda corp: (
        f"{EXT}/customer_acquisition/get_chat_info",
        {"chat_key": _fresh_chat_key(corp)},
    ),
    CODES + "acquisition_statistic": lambda corp: (
        f"{EXT}/customer_acquisition/statistic",
        {"link_id": w.LINK, **_yesterday(corp)},
    ),
    "10-statistics/get_user_behavior_data": lambda corp: (
        f"{EXT}/get_user_behavior_data",
        {"userid": ["wangfang"], **_yesterday(corp)},
    ),
    "11-transfer/transfer_result": lambda corp: (
        f"{EXT}/transfer_result",
        _begun_transfer(corp),
    ),
}
# Requests and the API that takes them, as they stand.
REQUESTS = {
    "03-customer/remark_request": f"{EXT}/remark",
    "03-customer/remark_clear_mobiles_request": f"{EXT}/remark",
    "04-tag/add_corp_tag_request": f"{EXT}/add_corp_tag",
    "04-tag/del_corp_tag_request": f"{EXT}/del_corp_tag",
    "04-tag/edit_corp_tag_request": f"{EXT}/edit_corp_tag",
    "04-tag/mark_tag_request": f"{EXT}/mark_tag",
    GROUPS + "transfer_request": f"{EXT}/groupchat/transfer",
    CODES + "acquisition_create_link_request": f"{EXT}/customer_acquisition/create_link",
    CODES + "add_contact_way_request": f"{EXT}/add_contact_way",
    CODES + "add_contact_way_temp_request": f"{EXT}/add_contact_way",
    CODES + "close_temp_chat_request": f"{EXT}/close_temp_chat",
    CODES + "groupchat_add_join_way_request": f"{EXT}/groupchat/add_join_way",
    CODES + "update_contact_way_request": f"{EXT}/update_contact_way",
    "11-transfer/resigned_transfer_customer_request": f"{EXT}/resigned/transfer_customer",
    "11-transfer/transfer_customer_request": f"{EXT}/transfer_customer",
}


def _yesterday(corp):
    yesterday = corp.clock.timestamp() - 86_400
    return {"start_time": yesterday, "end_time": yesterday}


def _groups_of_yesterday(corp):
    owners = {"owner_filter": {"userid_list": ["wangfang", "chenjie"]}}
    return {"day_begin_time": corp.clock.timestamp() - 86_400, **owners}


def _fresh_chat_key(corp):
    first = next(iter(corp.chat_keys.values()))
    for _message in range(2):  # up to the fifth, which is told again
        corp.reply(first.userid, first.external_userid)
    return list(corp.chat_keys)[-1]


def _begun_transfer(corp):
    api, body = Client(corp).log_in(), captured("11-transfer/transfer_customer_request")
    api.post(f"{EXT}/transfer_customer", body)
    return {name: body[name] for name in ("handover_userid", "takeover_userid")}
