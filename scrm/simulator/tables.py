"""What apps make through the API and WeCom keeps for them: flat records, by id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ContactWay:
    """联系我: a code that leads to staff. `type` 1 one person, 2 several."""

    config_id: str
    created_at: int
    type: int
    scene: int
    qr_code: str
    style: int = 0
    remark: str = ""
    skip_verify: bool = True
    state: str = ""
    user: list[str] = field(default_factory=list)
    party: list[int] = field(default_factory=list)
    is_temp: bool = False
    expires_in: int = 0
    chat_expires_in: int = 0
    unionid: str = ""
    is_exclusive: bool = False
    mark_source: bool = True
    conclusions: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class JoinWay:
    """加入群聊: a code that leads into groups."""

    config_id: str
    created_at: int
    scene: int
    qr_code: str
    remark: str = ""
    auto_create_room: int = 1
    room_base_name: str = ""
    room_base_id: int = 0
    chat_id_list: list[str] = field(default_factory=list)
    state: str = ""
    mark_source: bool = True


@dataclass(slots=True)
class Link:
    """获客链接. `opened` holds when, `customers` who came: [external_userid, userid, state, at]."""

    link_id: str
    link_name: str
    created_at: int
    user_list: list[str] = field(default_factory=list)
    department_list: list[int] = field(default_factory=list)
    skip_verify: bool = True
    mark_source: bool = True
    priority: dict[str, Any] = field(default_factory=dict)
    opened: list[int] = field(default_factory=list)
    customers: list[list[Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://work.weixin.qq.com/ca/{self.link_id}"


@dataclass(slots=True)
class QuotaLine:
    """Uses of acquisition links that were bought (获客额度). `told`: how many days before the end
    WeCom has warned already.
    """

    line_id: str
    granted: int
    made_at: int
    expires_at: int
    told: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ChatKey:
    """A key to what is known of a chat that began by a link (ChatKey), good for half an hour."""

    chat_key: str
    link_id: str
    userid: str
    external_userid: str
    state: str
    received: int
    made_steady: float


@dataclass(slots=True)
class TempChat:
    """临时会话: a talk by a temporary 联系我 code, without becoming friends."""

    config_id: str
    userid: str
    external_userid: str
    began_at: int
    ends_at: int


@dataclass(slots=True)
class Strategy:
    """规则组 of customer contact; only one of the first level (no `parent_id`) has tags."""

    strategy_id: int
    name: str
    parent_id: int = 0


DONE, WAITING, REFUSED, FULL = 1, 2, 3, 4


@dataclass(slots=True)
class Transfer:
    """A customer on the way from one staff member to another, or arrived."""

    transfer_id: str
    handover: str
    takeover: str
    external_userid: str
    at: int
    due_at: int
    is_resigned: bool
    status: int = WAITING


@dataclass(slots=True)
class Moment:
    """客户朋友圈. By staff member: `targets` the audience, `published` when, `reached` who can see
    it; `likes` and `comments` hold [staff member, who, when]. `visible_type` 1 is public.
    """

    moment_id: str
    jobid: str
    created_at: int
    created_steady: float
    creator: str = ""
    create_type: int = 0
    visible_type: int = 1
    text: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    targets: dict[str, list[str]] = field(default_factory=dict)
    left_out: dict[str, list[Any]] = field(default_factory=dict)
    published: dict[str, int] = field(default_factory=dict)
    reached: dict[str, list[str]] = field(default_factory=dict)
    likes: list[list[Any]] = field(default_factory=list)
    comments: list[list[Any]] = field(default_factory=list)
    cancelled_at: int = 0
    location: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class GroupWelcome:
    """入群欢迎语素材: the text, and at most one attachment by its kind."""

    template_id: str
    created_at: int
    text: str
    parts: dict[str, Any]
    is_foreign: bool = False  # made by another app or in the admin console


@dataclass(slots=True)
class WordRule:
    """聊天敏感词规则. Deleted ones are remembered, because WeCom tells them from unknown ones."""

    rule_id: str
    created_at: int
    rule_name: str
    word_list: list[str]
    intercept_type: int
    semantics_list: list[int] = field(default_factory=list)
    user_list: list[str] = field(default_factory=list)
    department_list: list[int] = field(default_factory=list)
    is_deleted: bool = False
    is_foreign: bool = False  # made by another app or in the admin console


@dataclass(slots=True)
class Product:
    """商品图册. Deleted ones are remembered, because WeCom tells them from unknown ones."""

    product_id: str
    created_at: int
    description: str
    price: int  # fen
    attachments: list[dict[str, Any]]
    product_sn: str = ""
    is_deleted: bool = False


@dataclass(slots=True)
class MediaJob:
    """异步上传: a file WeCom fetches by its address. `status` 1 running, 2 done, 3 failed."""

    jobid: str
    made_steady: float
    kind: str
    filename: str
    url: str
    md5: str
    status: int = 1
    media_id: str = ""
    errcode: int = 0


@dataclass(slots=True)
class AppChat:
    """应用群聊: a chat of staff that the app made. `changed` holds when."""

    chatid: str
    name: str
    owner: str
    members: list[str]
    created_steady: float
    changed: list[float] = field(default_factory=list)


@dataclass(slots=True)
class AppMessage:
    """应用消息: whom it was meant for, and who really got it; in an 应用群聊 when it has `chatid`."""

    msgid: str
    at: int
    sent_steady: float
    msgtype: str
    content: dict[str, Any]
    receivers: list[str]
    delivered: list[str]
    chatid: str = ""


@dataclass(slots=True)
class LoginCode:
    """A code of somebody who opened a page: staff, or a person outside."""

    code: str
    userid: str
    external_userid: str
    user_ticket: str
    made_steady: float
    is_used: bool = False


@dataclass(slots=True)
class Bill:
    """对外收款记录: a payment or a refund; `refunds` as WeCom shows them."""

    transaction_id: str
    out_trade_no: str
    paid_at: int
    external_userid: str
    payee_userid: str
    total_fen: int
    out_refund_no: str = ""
    is_refund: bool = False
    trade_state: int = 1
    payment_type: int = 1
    refunded_fen: int = 0
    remark: str = ""
    goods: str = ""
    refunds: list[dict[str, Any]] = field(default_factory=list)
    contact: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Saying:
    """A message somebody typed: of a staff member to a customer, of anybody in a group, or the
    words with which a customer asked to be added. `author` is a userid or an external_userid;
    what customers write to staff afterwards are replies.
    """

    saying_id: str
    at: int
    author: str
    text: str
    userid: str = ""
    external_userid: str = ""
    chat_id: str = ""


# Name of the table (and of the corp's attribute) → kind of record, field that is its id.
TABLES: dict[str, tuple[type[Any], str]] = {
    "contact_ways": (ContactWay, "config_id"),
    "join_ways": (JoinWay, "config_id"),
    "links": (Link, "link_id"),
    "quota_lines": (QuotaLine, "line_id"),
    "chat_keys": (ChatKey, "chat_key"),
    "temp_chats": (TempChat, "config_id"),
    "strategies": (Strategy, "strategy_id"),
    "transfers": (Transfer, "transfer_id"),
    "moments": (Moment, "moment_id"),
    "group_welcomes": (GroupWelcome, "template_id"),
    "word_rules": (WordRule, "rule_id"),
    "products": (Product, "product_id"),
    "media_jobs": (MediaJob, "jobid"),
    "app_chats": (AppChat, "chatid"),
    "app_messages": (AppMessage, "msgid"),
    "login_codes": (LoginCode, "code"),
    "bills": (Bill, "transaction_id"),
    "sayings": (Saying, "saying_id"),
}
