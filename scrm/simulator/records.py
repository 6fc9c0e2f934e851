"""What the pretend corp consists of: plain records, times as unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

CONTACT, STAFF = "contact", "staff"  # who ended a relation


@dataclass(slots=True)
class Department:
    """部门."""

    department_id: int
    name: str
    parent_id: int = 1
    order: int = 0
    name_en: str = ""
    leaders: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Staff:
    """成员. `status`: 1 active, 2 disabled, 4 not activated, 5 left."""

    userid: str
    name: str
    departments: list[int]
    position: str = ""
    alias: str = ""
    status: int = 1
    follows: bool = True
    left_at: int = 0


@dataclass(slots=True)
class Contact:
    """A person outside the corp (外部联系人); a customer once a staff member follows them."""

    external_userid: str
    name: str
    kind: int = 1
    gender: int = 0
    unionid: str = ""
    avatar: str = ""
    phone: str = ""
    position: str = ""
    corp_name: str = ""


@dataclass(slots=True)
class Follow:
    """跟进关系: one staff member and one customer. `seq` grows with each relation made."""

    userid: str
    external_userid: str
    created_at: int
    seq: int
    add_way: int = 1
    state: str = ""
    remark: str = ""
    description: str = ""
    remark_company: str = ""
    oper_userid: str = ""
    mobiles: list[str] = field(default_factory=list)
    tag_ids: list[str] = field(default_factory=list)
    personal_tags: list[str] = field(default_factory=list)
    talked_at: int = 0
    ended_at: int = 0
    ended_by: str = ""
    messages: int = 0  # that the customer wrote


@dataclass(slots=True)
class Tag:
    """企业标签, or one of a rule group (规则组标签). `by_app`: our app made it through the API; what
    was made by hand it can neither change nor delete.
    """

    tag_id: str
    group_id: str
    name: str
    created_at: int
    order: int = 0
    deleted: bool = False
    by_app: bool = True


@dataclass(slots=True)
class TagGroup:
    """标签组; of a rule group when it has a `strategy_id`."""

    group_id: str
    name: str
    created_at: int
    order: int = 0
    deleted: bool = False
    tags: list[Tag] = field(default_factory=list)
    strategy_id: int = 0
    by_app: bool = True

    def tag_id(self, name: str) -> str:
        """The id of the living tag called `name`; KeyError when there is none."""
        for tag in self.tags:
            if tag.name == name and not tag.deleted:
                return tag.tag_id
        raise KeyError(name)


@dataclass(slots=True)
class GroupMember:
    """群成员. `kind` 1 staff, 2 outside; `scene` 1 invited, 2 by link, 3 QR code."""

    member_id: str
    kind: int
    joined_at: int
    scene: int = 1
    invitor: str = ""
    nickname: str = ""
    state: str = ""


@dataclass(slots=True)
class GroupChat:
    """客户群."""

    chat_id: str
    name: str
    owner: str
    created_at: int
    version: str
    notice: str = ""
    admins: list[str] = field(default_factory=list)
    members: dict[str, GroupMember] = field(default_factory=dict)
    dismissed_at: int = 0
    handed_over: list[int] = field(default_factory=list)  # on the job, when
    is_inherited: bool = False  # from an owner who left
    former_owners: list[list[Any]] = field(default_factory=list)  # [userid, until when]


UNSENT, SENT, NOT_A_FRIEND, OVER_QUOTA = 0, 1, 2, 3


@dataclass(slots=True)
class Task:
    """群发任务. `targets` and `results` are kept by staff member; `results` holds
    `{userid: {customer or chat: [status, sent at]}}` of those who pressed send; whom they did
    not pick is missing there."""

    msgid: str
    chat_type: str
    created_at: int
    created_steady: float
    targets: dict[str, list[str]]
    sender: str = ""
    text: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    create_type: int = 0
    creator: str = ""
    confirmed: dict[str, int] = field(default_factory=dict)
    results: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    reminders: list[int] = field(default_factory=list)
    cancelled_at: int = 0
    allow_select: bool = False  # staff may pick some of the customers
    ignored: dict[str, int] = field(default_factory=dict)  # who put it aside, when

    @property
    def external_userids(self) -> list[str]:
        """Every customer (for groups: every chat) the task was made for."""
        return [target for targets in self.targets.values() for target in targets]

    chat_ids = external_userids

    @property
    def cancelled(self) -> bool:
        return bool(self.cancelled_at)

    def is_open(self, userid: str) -> bool:
        """Could this staff member still press send?"""
        return userid in self.targets and userid not in self.confirmed and not self.cancelled

    def put_aside_at(self, userid: str) -> int:
        """When they ignored it; 0 when they did not, or were reminded since."""
        at = self.ignored.get(userid, 0)
        return 0 if any(reminder > at for reminder in self.reminders) else at


@dataclass(slots=True)
class Welcome:
    """欢迎语: a code WeCom issued, and the message it was spent on."""

    code: str
    userid: str
    external_userid: str
    issued_at: int
    issued_steady: float
    rival_until: float = 0.0  # steady; so long another app is sending with it
    rival_wins: bool = False
    sent_at: int = 0
    text: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that one customer or one group received."""

    msgid: str
    userid: str
    external_userid: str
    chat_id: str
    status: int
    at: datetime
    text: str
    kind: str = "broadcast"
    attachments: tuple[dict[str, Any], ...] = ()


@dataclass(slots=True)
class Order:
    """An order in the brand's shop, outside WeCom; amounts in fen."""

    order_id: str
    unionid: str
    phone: str
    paid_at: int
    amount_fen: int
    product: str
    quantity: int = 1
    refunded_fen: int = 0


@dataclass(slots=True)
class Reply:
    """A message a customer wrote to a staff member."""

    userid: str
    external_userid: str
    at: int
    text: str


@dataclass(slots=True)
class Media:
    """临时素材: only what is needed to judge a media_id."""

    media_id: str
    kind: str
    filename: str
    size: int
    created_at: int
    created_steady: float
    use: str = "message"  # | moment | album | group_welcome: an id is good for one of them


@dataclass(slots=True)
class Token:
    """An access token and the steady second it ends at."""

    value: str
    expires_steady: float
    revoked: bool = False
    kind: str = "app"  # | directory: from the secret of 通讯录同步


@dataclass(slots=True)
class Settings:
    """Everything about the pretend WeCom that can be set while it runs."""

    quota_policy: str = "days_in_month"  # | 7_per_week | 1_per_day
    dispatch_seconds: float = 0.0  # answers 41063 so long after a task was made
    listing_seconds: float = 0.0  # a new task is missing from the list so long
    latency_seconds: float = 0.0  # added to every call
    calls_per_minute: int = 10_000
    calls_per_hour: int = 150_000
    parallel_calls: int = 5
    date_skew_seconds: float = 0.0  # by which the Date header of answers is wrong
    app_messages_per_head: int = 200  # a day, times the number of staff
    moment_jobs_at_once: int = 3  # how many may be in the making (41078)
    token_seconds: int = 7200
    welcome_seconds: int = 20
    followers_per_page: int = 500
    owners_without_filter: int = 1000
    tags_per_corp: int = 10_000
    customers_per_staff: int = 20_000
    groups_per_owner: int = 2_000
    groups_handed_over_per_day: int = 300  # of one owner
    temporary_ways_per_day: int = 100_000
    codes_per_corp: int = 500_000  # contact ways and group join ways together
    links_per_corp: int = 1_000
    acquisition_uses: int = 5_000  # new customers that links may bring
    trusted_ip: bool = True  # the caller's address is among 企业可信IP (else 60020)
    callable_app: bool = True  # the app is among 可调用接口的应用 (else 48002)
    native_welcome: bool = False  # staff have a welcome of WeCom's own, so no code is issued
    lists_one_way: bool = False  # still list staff whom the customer deleted
    visible_departments: str = ""  # the app's visible range, as in "2,5"; empty: the whole corp
    is_old_app: bool = False  # made before 2022-06-20: sees phone, avatar, e-mail of staff
