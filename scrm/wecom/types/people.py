"""Staff and customers (成员与客户) as WeCom tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ProfileAttribute:
    """One line of a profile (自定义信息). `kind`: 0 text, 1 web page, 2 mini program.

    `value` is the text, the address of the page or the mini program's appid; `title` and `page`
    (a mini program's path) are empty for texts.
    """

    kind: int
    name: str
    value: str
    title: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class DepartmentInfo:
    """部门. A higher `order` stands first; the root has id 1 and parent 0."""

    id: int
    name: str
    parent_id: int
    order: int
    name_en: str = ""
    leaders: tuple[str, ...] = ()


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
    """客户. `kind`: 1 WeChat, 2 WeCom; `gender`: 0 unknown, 1 male, 2 female.

    What is said of a corp, and `shown`, is known of WeCom users only.
    """

    external_userid: str
    name: str
    kind: int
    avatar: str
    gender: int
    unionid: str
    corp_name: str
    position: str
    corp_full_name: str = ""
    shown: tuple[ProfileAttribute, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowInfo:
    """跟进关系: what one staff member noted about one customer.

    `tag_ids` are corp tags and rule-group tags; `personal_tags` are names, known only from
    `gateway.contact`. Who came by Channels (视频号, add_way 10) has `channels_nickname` and
    `channels_source`: 0 unknown, 1 profile, 2 live, 3 lead form.
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
    remark_company: str = ""
    channels_nickname: str = ""
    channels_source: int = 0


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


@dataclass(frozen=True, slots=True)
class ServedPerson:
    """已服务的外部联系人: a relation or a place in a group; one person may come several times.

    `passing_id` is good for telling people apart within one pass of four hours, not longer. Only
    customers have an `external_userid`; of others the masked `name` is known.
    """

    passing_id: str
    is_customer: bool
    external_userid: str
    name: str
    follow_userid: str
    chat_id: str
    chat_name: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class OpenUserids:
    """Staff as a provider's app knows them: our userid by theirs, and what nobody has."""

    userids: dict[str, str]
    unknown: tuple[str, ...]
