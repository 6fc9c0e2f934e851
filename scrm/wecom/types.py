"""What WeCom answers, typed; times are aware datetimes, absent texts are empty."""

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


@dataclass(frozen=True, slots=True)
class TagInfo:
    """企业标签."""

    tag_id: str
    name: str
    order: int
    created_at: datetime
    deleted: bool


@dataclass(frozen=True, slots=True)
class TagGroupInfo:
    """标签组. `deleted` is only told when the group was asked for by id."""

    group_id: str
    name: str
    order: int
    created_at: datetime
    deleted: bool
    tags: tuple[TagInfo, ...]


@dataclass(frozen=True, slots=True)
class GroupChatRef:
    """`status`: 0 normal, 1 owner left, 2 being handed over, 3 handed over."""

    chat_id: str
    status: int


@dataclass(frozen=True, slots=True)
class GroupChatPage:
    """A page may be short or empty; only an empty `next_cursor` is the end."""

    items: tuple[GroupChatRef, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class GroupMemberInfo:
    """群成员. `kind`: 1 staff, 2 outside; `join_scene`: 1 invited, 2 link, 3 QR code."""

    member_id: str
    kind: int
    unionid: str
    joined_at: datetime
    join_scene: int
    invitor_userid: str
    group_nickname: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class GroupChatDetail:
    """客户群. `member_version` changes with every change of its members."""

    chat_id: str
    name: str
    owner: str
    created_at: datetime
    notice: str
    member_version: str
    admins: tuple[str, ...]
    members: tuple[GroupMemberInfo, ...]


@dataclass(frozen=True, slots=True)
class GroupMessageReceipt:
    """WeCom accepted the task; nothing is delivered before the staff member confirms.

    `refused`: external_userids or chat ids that cannot get it.
    """

    msgid: str
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupMessageInfo:
    """群发任务 as WeCom lists it. `creator` is empty for tasks made by the API.

    `create_type`: 0 by the corp, 1 by a staff member. `attachments` as WeCom returns them.
    """

    msgid: str
    creator: str
    created_at: datetime
    create_type: int
    text: str
    attachments: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class MessageTask:
    """A staff member's part of a task. `status`: 0 not confirmed, 2 sent."""

    userid: str
    status: int
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageResult:
    """`status`: 0 unsent, 1 sent, 2 not a friend any more, 3 the customer's quota was full.

    Private tasks have `external_userid`, group tasks `chat_id`.
    """

    external_userid: str
    chat_id: str
    userid: str
    status: int
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageResultPage:
    """A page may be short or empty; only an empty `next_cursor` is the end."""

    items: tuple[MessageResult, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class MediaReceipt:
    """素材: the id is valid for three days from `created_at`."""

    media_id: str
    created_at: datetime
