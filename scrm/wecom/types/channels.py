"""QR codes that lead to staff or into groups (联系我, 加入群聊)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

ONE_PERSON, SEVERAL = 1, 2
MINI_PROGRAM, QR_CODE = 1, 2


@dataclass(frozen=True, slots=True)
class TemporarySession:
    """临时会话: customer and staff member only talk, without becoming friends; for the medical
    trade alone.

    The code ends after `code_lasts` (WeCom: 7 days when None) or its first use, the talk after
    `chat_lasts` (24 hours); both 14 days at most. Only who has `unionid` may use it, when given.
    """

    code_lasts: timedelta | None = None
    chat_lasts: timedelta | None = None
    unionid: str = ""


@dataclass(frozen=True, slots=True)
class ContactWayDraft:
    """What a contact way (联系我) shall be.

    `kind` 1 leads to one person, 2 to several; `scene` 1 is a mini program button, 2 a QR code:
    both are fixed for ever. `state` (up to 30 characters) comes back with each new customer.
    `is_exclusive`: a customer always meets the same staff member. `mark_source`: WeCom marks new
    customers with where they came from. With `temporary` it leads to one person's session, whose
    closing words are `conclusions`, in WeCom's own keys (text up to 4000 bytes, and a picture,
    link or mini program).
    """

    userids: tuple[str, ...] = ()
    department_ids: tuple[int, ...] = ()
    state: str = ""
    remark: str = ""
    kind: int = SEVERAL
    scene: int = QR_CODE
    style: int = 0
    skip_verify: bool = True
    is_exclusive: bool = False
    conclusions: Mapping[str, Any] = field(default_factory=dict)
    mark_source: bool = True
    temporary: TemporarySession | None = None


@dataclass(frozen=True, slots=True)
class ContactWayReceipt:
    """A contact way was made. Without the `config_id` it can never be changed or deleted."""

    config_id: str
    qr_code: str


@dataclass(frozen=True, slots=True)
class ContactWayInfo:
    """联系我 as WeCom keeps it; `qr_code` is the address of a picture, `conclusions` are the closing
    words in WeCom's own keys, with addresses of pictures. What lasts is 0 unless temporary.
    """

    config_id: str
    kind: int
    scene: int
    remark: str
    state: str
    skip_verify: bool
    qr_code: str
    userids: tuple[str, ...]
    department_ids: tuple[int, ...]
    is_temporary: bool
    mark_source: bool = True
    code_lasts: timedelta = timedelta()
    chat_lasts: timedelta = timedelta()
    unionid: str = ""
    conclusions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JoinWayDraft:
    """What a group join way (加入群聊) shall be: at most five groups.

    With `auto_create_room` WeCom opens new groups when all are full, named `room_base_name` and a
    number that begins with `room_base_id`. `state` comes back with each member who joins.
    """

    chat_ids: tuple[str, ...]
    state: str = ""
    remark: str = ""
    scene: int = QR_CODE
    auto_create_room: bool = True
    room_base_name: str = ""
    room_base_id: int = 1
    mark_source: bool = True


@dataclass(frozen=True, slots=True)
class JoinWayInfo:
    """加入群聊 as WeCom keeps it."""

    config_id: str
    qr_code: str
    way: JoinWayDraft
