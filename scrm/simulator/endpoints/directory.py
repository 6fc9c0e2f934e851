"""The directory (通讯录): departments and staff inside the app's visible range."""

from __future__ import annotations

from typing import Any

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.registry import Answer, get, post
from scrm.simulator.errors import ApiError
from scrm.simulator.people import LEFT
from scrm.simulator.records import Department, Staff

_MOST_IDS = 10_000


@get("department/list")
def department_list(corp: Corp, ask: Ask) -> Answer:
    return {
        "department": [
            {
                "id": department.department_id,
                "name": department.name,
                "name_en": department.name_en,
                "department_leader": department.leaders,
                "parentid": department.parent_id,
                "order": department.order,
            }
            for department in _below(corp, ask)
        ]
    }


@get("department/simplelist")
def department_simplelist(corp: Corp, ask: Ask) -> Answer:
    """As department/list, but the key really is `department_id`."""
    return {
        "department_id": [
            {
                "id": department.department_id,
                "parentid": department.parent_id,
                "order": department.order,
            }
            for department in _below(corp, ask)
        ]
    }


@get("user/get")
def user_get(corp: Corp, ask: Ask) -> Answer:
    """60111 for unknown staff and those who left, 60011 outside the visible range."""
    staff = corp.staff.get(ask.text("userid").lower())
    if staff is None or staff.status == LEFT:
        raise ApiError(60111)
    if not corp.is_visible(staff):
        raise ApiError(60011)
    return _details(corp, staff)


@get("user/simplelist")
def user_simplelist(corp: Corp, ask: Ask) -> Answer:
    return {
        "userlist": [
            {"userid": staff.userid, "name": staff.name, "department": staff.departments}
            for staff in _members(corp, ask)
        ]
    }


@get("user/list")
def user_list(corp: Corp, ask: Ask) -> Answer:
    """One department, without those below it."""
    return {"userlist": [_details(corp, staff) for staff in _members(corp, ask)]}


@post("user/list_id")
def user_list_id(corp: Corp, ask: Ask) -> Answer:
    """Every pair of a staff member and a department; for the secret of 通讯录同步 alone."""
    rows = [
        (place, staff.userid, department)
        for place, (staff, department) in enumerate(
            (
                (staff, department)
                for staff in corp.staff.values()
                for department in staff.departments
            ),
            1,
        )
        if staff.status != LEFT
    ]
    limit = ask.limit(_MOST_IDS, _MOST_IDS)
    chosen, cursor = cursors.page_after(rows, ask.text("cursor", ""), limit, key=lambda row: row[0])
    return {
        "next_cursor": cursor,
        "dept_user": [
            {"userid": userid, "department": department} for _place, userid, department in chosen
        ],
    }


def _below(corp: Corp, ask: Ask) -> list[Department]:
    visible = corp.visible_departments()
    wanted = visible
    if ask.has("id"):
        wanted = corp.departments_below([_department(corp, ask.number("id")).department_id])
    return sorted(
        (corp.departments[one] for one in wanted & visible), key=lambda found: -found.order
    )


def _members(corp: Corp, ask: Ask) -> list[Staff]:
    department = _department(corp, ask.number("department_id"))
    return [
        staff
        for staff in corp.staff.values()
        if department.department_id in staff.departments and staff.status != LEFT
    ]


def _department(corp: Corp, department_id: int) -> Department:
    """60123 when there is no such department, 60011 when it is outside the visible range."""
    department = corp.departments.get(department_id)
    if department is None:
        raise ApiError(60123)
    if department_id not in corp.visible_departments():
        raise ApiError(60011)
    return department


def _details(corp: Corp, staff: Staff) -> Answer:
    """What needs the member's consent (phone, avatar, gender, e-mail) only for an old app."""
    return {
        "userid": staff.userid,
        "name": staff.name,
        "department": staff.departments,
        "order": [0] * len(staff.departments),
        "position": staff.position,
        "is_leader_in_dept": [
            int(staff.userid in corp.departments[found].leaders) for found in staff.departments
        ],
        "direct_leader": [],
        "telephone": "",
        "alias": staff.alias,
        "main_department": staff.departments[0] if staff.departments else 1,
        "extattr": {"attrs": [_TEA, _SHOP]},
        "status": staff.status,
        "external_position": staff.position,
        "external_profile": {
            "external_corp_name": corp.departments[1].name,
            "wechat_channels": {"nickname": f"{corp.departments[1].name}官方", "status": 1},
            "external_attr": [_HOURS, _SHOP, _MINI_PROGRAM],
        },
        **(_private(staff) if corp.settings.is_old_app else {}),
    }


def _private(staff: Staff) -> Answer:
    digest = sum(staff.userid.encode())
    return {
        "mobile": f"138{digest:08d}",
        "gender": str(1 + digest % 2),
        "email": f"{staff.userid}@example.com",
        "biz_mail": f"{staff.userid}@yunling.example.com",
        "avatar": f"https://wework.qpic.cn/wwpic3az/{staff.userid}/0",
        "thumb_avatar": f"https://wework.qpic.cn/wwpic3az/{staff.userid}_s/0",
        "address": "",
        "open_userid": "",
        "qr_code": f"https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vc{digest:010d}",
    }


def _words(name: str, value: str) -> dict[str, Any]:
    return {"type": 0, "name": name, "text": {"value": value}}


_TEA, _HOURS = _words("擅长", "普洱冲泡"), _words("服务时间", "10:00-22:00")
_SHOP = {
    "type": 1,
    "name": "商城",
    "web": {"url": "https://mall.example.com", "title": "云岭商城"},
}
_MINI_PROGRAM = {
    "type": 2,
    "name": "小程序",
    "miniprogram": {
        "appid": "wx0f3a9b7c21d4e856",
        "pagepath": "/pages/index.html",
        "title": "云岭会员",
    },
}
