"""The corp's own people (通讯录)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.profiles import attributes
from scrm.wecom.gateway.reading import Json, number, numbers, records, text, texts
from scrm.wecom.maxima import STAFF_IDS_PER_PAGE
from scrm.wecom.pages import walk
from scrm.wecom.types.directory import DepartmentRef, StaffName, StaffPlace, StaffProfile
from scrm.wecom.types.people import DepartmentInfo, StaffInfo


class Directory(Area):
    """Departments and staff inside the app's visible range."""

    def departments(self, below: int = 0) -> list[DepartmentInfo]:
        """获取部门列表 (department/list): all visible departments, in no promised order; with
        `below` that one and those below it. Slow in big corps, see `department_refs`.
        """
        reply = self._transport.get("department/list", {"id": below} if below else None)
        return [
            DepartmentInfo(
                id=number(record, "id"),
                name=text(record, "name"),
                parent_id=number(record, "parentid"),
                order=number(record, "order"),
                name_en=text(record, "name_en"),
                leaders=texts(record, "department_leader"),
            )
            for record in records(reply, "department")
        ]

    def department_refs(self, below: int = 0) -> list[DepartmentRef]:
        """获取子部门ID列表 (department/simplelist): as `departments`, ids and places only."""
        reply = self._transport.get("department/simplelist", {"id": below} if below else None)
        return [
            DepartmentRef(
                id=number(record, "id"),
                parent_id=number(record, "parentid"),
                order=number(record, "order"),
            )
            for record in records(reply, "department_id")
        ]

    def staff_profile(self, userid: str) -> StaffProfile:
        """读取成员 (user/get). Raises NotFound for somebody unknown or gone, NotVisible outside
        the visible range.
        """
        return _profile(self._transport.get("user/get", {"userid": userid}))

    def staff_names(self, department_id: int) -> list[StaffName]:
        """获取部门成员 (user/simplelist) of one department, without those below it."""
        reply = self._transport.get("user/simplelist", {"department_id": department_id})
        return [
            StaffName(
                userid=text(record, "userid"),
                name=text(record, "name"),
                department_ids=numbers(record, "department"),
                open_userid=text(record, "open_userid"),
            )
            for record in records(reply, "userlist")
        ]

    def staff_places(self) -> Iterator[StaffPlace]:
        """获取成员ID列表 (user/list_id): who is in which department, over the whole corp.

        Only a gateway with the secret of 通讯录同步 may ask; an app's gets Misconfigured (48002).
        """

        def page(cursor: str) -> tuple[Sequence[StaffPlace], str]:
            body = {"cursor": cursor, "limit": STAFF_IDS_PER_PAGE}
            reply = self._transport.post("user/list_id", body)
            found = [
                StaffPlace(text(record, "userid"), number(record, "department"))
                for record in records(reply, "dept_user")
            ]
            return found, text(reply, "next_cursor")

        return walk(page)

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
        department_ids=numbers(record, "department"),
        position=text(record, "position"),
        status=number(record, "status"),
        avatar=text(record, "avatar"),
        alias=text(record, "alias"),
    )


def _profile(record: Json) -> StaffProfile:
    outside = record.get("external_profile") or {}
    info, leads = _staff(record), numbers(record, "is_leader_in_dept")
    return StaffProfile(
        info=info,
        main_department_id=number(record, "main_department"),
        leads=tuple(one for one, is_led in zip(info.department_ids, leads, strict=False) if is_led),
        direct_leaders=texts(record, "direct_leader"),
        telephone=text(record, "telephone"),
        mobile=text(record, "mobile"),
        gender=number(record, "gender"),
        email=text(record, "email"),
        biz_mail=text(record, "biz_mail"),
        address=text(record, "address"),
        thumb_avatar=text(record, "thumb_avatar"),
        qr_code=text(record, "qr_code"),
        open_userid=text(record, "open_userid"),
        external_position=text(record, "external_position"),
        external_corp_name=text(outside, "external_corp_name"),
        channels_nickname=text(outside.get("wechat_channels") or {}, "nickname"),
        attributes=attributes(record.get("extattr") or {}, "attrs"),
        shown=attributes(outside, "external_attr"),
    )
