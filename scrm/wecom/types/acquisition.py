"""Acquisition links (获客助手)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from scrm.wecom.maxima import CHANNEL_BYTES


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """What an acquisition link (获客链接) shall be.

    Up to 500 staff, departments expanded. `priority` says who meets a customer first: None
    nobody in particular, () whoever of the corp knows them already, names only these of them
    (up to 1000). `mark_source`: WeCom marks new customers with where they came from.
    """

    name: str
    userids: tuple[str, ...] = ()
    department_ids: tuple[int, ...] = ()
    skip_verify: bool = True
    priority: tuple[str, ...] | None = None
    mark_source: bool = True


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """获客链接. `url` is what customers open."""

    link_id: str
    name: str
    url: str
    created_at: datetime

    def url_for(self, channel: str) -> str:
        """The address whose customers come with this `state`; ValueError over 64 bytes."""
        if len(channel.encode()) > CHANNEL_BYTES:
            raise ValueError(f"channel: WeCom takes {CHANNEL_BYTES} bytes")
        return f"{self.url}?customer_channel={quote(channel, safe='')}"

    def scheme_for(self, channel: str) -> str:
        """The same for pages that open WeChat themselves, outside of it (scheme形式)."""
        return f"weixin://biz/ww/profile/{quote(self.url_for(channel), safe='')}"


@dataclass(frozen=True, slots=True)
class LinkDetail:
    """A link with what it was made from."""

    link: LinkInfo
    draft: LinkDraft


@dataclass(frozen=True, slots=True)
class LinkCustomer:
    """Who came by a link. `chat_status`: 0 silent, 1 has written, 2 unknown."""

    external_userid: str
    userid: str
    chat_status: int
    state: str


@dataclass(frozen=True, slots=True)
class LinkChat:
    """How far a chat that began by a link has come: `received` messages of the customer."""

    userid: str
    external_userid: str
    received: int
    link_id: str
    state: str


@dataclass(frozen=True, slots=True)
class LinkStatistic:
    """Customers who opened the link, and those who became new customers."""

    opened: int
    added: int


@dataclass(frozen=True, slots=True)
class QuotaPart:
    """A part of the balance that ends on its day."""

    expires_at: datetime
    balance: int


@dataclass(frozen=True, slots=True)
class AcquisitionQuota:
    """How many new customers links may still bring (获客额度)."""

    total: int
    balance: int
    parts: tuple[QuotaPart, ...]
