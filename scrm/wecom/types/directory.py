"""What else WeCom's directory (通讯录) tells of departments and staff."""

from __future__ import annotations

from dataclasses import dataclass

from scrm.wecom.types.people import ProfileAttribute, StaffInfo


@dataclass(frozen=True, slots=True)
class DepartmentRef:
    """部门 without its name."""

    id: int
    parent_id: int
    order: int


@dataclass(frozen=True, slots=True)
class StaffName:
    """成员 by name. `open_userid` is what providers' apps know them by; mostly empty."""

    userid: str
    name: str
    department_ids: tuple[int, ...]
    open_userid: str


@dataclass(frozen=True, slots=True)
class StaffPlace:
    """One department of one staff member."""

    userid: str
    department_id: int


@dataclass(frozen=True, slots=True)
class StaffProfile:
    """成员 with all that WeCom tells of them.

    Apps made after June 2022 are not told `mobile`, `gender` (1 male, 2 female), `email`,
    `biz_mail`, `address`, `qr_code` and the pictures: they stay empty. `leads`: the departments
    this person leads. `attributes` are for the corp's own people, `shown` is what customers see.
    """

    info: StaffInfo
    main_department_id: int
    leads: tuple[int, ...]
    direct_leaders: tuple[str, ...]
    telephone: str
    mobile: str
    gender: int
    email: str
    biz_mail: str
    address: str
    thumb_avatar: str
    qr_code: str
    open_userid: str
    external_position: str
    external_corp_name: str
    channels_nickname: str
    attributes: tuple[ProfileAttribute, ...]
    shown: tuple[ProfileAttribute, ...]
