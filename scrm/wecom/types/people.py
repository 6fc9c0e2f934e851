"""Staff and customers (成员与客户) as WeCom tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DepartmentInfo:
    """部门. A higher `order` stands first; the root has id 1 and parent 0."""

    id: int
    name: str
    parent_id: int
    order: int


@dataclass(frozen=True, slots=True)
class StaffInfo:
    """成员. `status`: 1 active, 2 disabled, 4 not activated, 5 left."""

    userid: str
    name: str
    department_ids: tuple[int, ...]
    position: str
    status: int
    avatar: str
    alias: str


@dataclass(frozen=True, slots=True)
class ContactInfo:
    """客户. `kind`: 1 WeChat, 2 WeCom; `gender`: 0 unknown, 1 male, 2 female."""

    external_userid: str
    name: str
    kind: int
    avatar: str
    gender: int
    unionid: str
    corp_name: str
    position: str


@dataclass(frozen=True, slots=True)
class FollowInfo:
    """跟进关系: what one staff member noted about one customer.

    `tag_ids` are corp tags and rule-group tags; `personal_tags` are names, known only from
    `gateway.contact`.
    """

    userid: str
    remark: str
    description: str
    created_at: datetime
    tag_ids: tuple[str, ...]
    remark_mobiles: tuple[str, ...]
    add_way: int
    state: str
    oper_userid: str
    personal_tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContactFollow:
    """One (customer, staff) pair of `gateway.contacts_of`."""

    contact: ContactInfo
    follow: FollowInfo


@dataclass(frozen=True, slots=True)
class ContactPage:
    """A page may be short or empty; only an empty `next_cursor` is the end.

    `unlicensed`: staff WeCom left out because they have no licence for the API.
    """

    items: tuple[ContactFollow, ...]
    next_cursor: str
    unlicensed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactDetail:
    """A customer with every visible follower."""

    contact: ContactInfo
    follows: tuple[FollowInfo, ...]
