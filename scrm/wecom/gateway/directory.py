"""The corp's own people (通讯录)."""

from __future__ import annotations

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, number, records, text, texts
from scrm.wecom.types.people import DepartmentInfo, StaffInfo


class Directory(Area):
    """Departments and staff inside the app's visible range."""

    def departments(self) -> list[DepartmentInfo]:
        """获取部门列表 (department/list): all visible departments, in no promised order."""
        reply = self._transport.get("department/list")
        return [
            DepartmentInfo(
                id=number(record, "id"),
                name=text(record, "name"),
                parent_id=number(record, "parentid"),
                order=number(record, "order"),
            )
            for record in records(reply, "department")
        ]

    def staff(self, department_id: int) -> list[StaffInfo]:
        """获取部门成员详情 (user/list) of one department, without those below it.

        A member of several departments comes with each. Apps made after June 2022 get no avatar.
        """
        reply = self._transport.get("user/list", {"department_id": department_id})
        return [_staff(record) for record in records(reply, "userlist")]

    def callback_ips(self) -> tuple[str, ...]:
        """获取企业微信回调IP段 (getcallbackip): addresses callbacks come from; ask again daily."""
        return texts(self._transport.get("getcallbackip"), "ip_list")

    def follow_staff(self) -> list[str]:
        """获取配置了客户联系功能的成员列表 (get_follow_user_list): userids that may have customers."""
        reply = self._transport.get("externalcontact/get_follow_user_list")
        return [str(userid) for userid in reply.get("follow_user") or ()]


def _staff(record: Json) -> StaffInfo:
    return StaffInfo(
        userid=text(record, "userid"),
        name=text(record, "name"),
        department_ids=tuple(int(part) for part in record.get("department") or ()),
        position=text(record, "position"),
        status=number(record, "status"),
        avatar=text(record, "avatar"),
        alias=text(record, "alias"),
    )
