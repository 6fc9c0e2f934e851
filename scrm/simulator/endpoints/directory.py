"""The directory (通讯录): departments and staff, as a new self-built app may see them."""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.registry import Answer, get
from scrm.simulator.errors import ApiError
from scrm.simulator.people import LEFT
from scrm.simulator.records import Department, Staff


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
    staff = corp.staff.get(ask.text("userid").lower())
    if staff is None or staff.status == LEFT:
        raise ApiError(60111)
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


def _below(corp: Corp, ask: Ask) -> list[Department]:
    if not ask.has("id"):
        return sorted(corp.departments.values(), key=lambda found: -found.order)
    wanted = [_department(corp, ask.number("id"))]
    for parent in wanted:  # grows while we walk: the whole tree below
        wanted += [
            child for child in corp.departments.values() if child.parent_id == parent.department_id
        ]
    return wanted


def _members(corp: Corp, ask: Ask) -> list[Staff]:
    department = _department(corp, ask.number("department_id"))
    return [
        staff
        for staff in corp.staff.values()
        if department.department_id in staff.departments and staff.status != LEFT
    ]


def _department(corp: Corp, department_id: int) -> Department:
    department = corp.departments.get(department_id)
    if department is None:
        raise ApiError(60123)
    return department


def _details(corp: Corp, staff: Staff) -> Answer:
    """Without the fields that need the member's consent: phone, avatar, gender, e-mail."""
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
        "extattr": {"attrs": []},
        "status": staff.status,
        "external_position": staff.position,
        "external_profile": {
            "external_corp_name": corp.departments[1].name,
            "external_attr": [],
        },
    }
