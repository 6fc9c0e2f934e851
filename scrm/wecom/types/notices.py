"""Messages of the app to staff (应用消息)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scrm.wecom.maxima import (
    CARD_BUTTON_CHARS,
    CARD_DESCRIPTION_CHARS,
    CARD_TITLE_CHARS,
    CARD_URL_BYTES,
    NEWS_PER_NOTICE,
    NOTICE_TEXT_BYTES,
)


@dataclass(frozen=True, slots=True)
class AppMessage:
    """应用消息: its `msgtype` and what WeCom wants under that key. Make one by `text`, `card`,
    `markdown`, `news`, `media` or `template_card`; they raise ValueError for what WeCom would cut
    or refuse.
    """

    msgtype: str
    content: Mapping[str, Any]

    @classmethod
    def text(cls, content: str) -> AppMessage:
        """文本消息, up to 2,048 bytes; links as `<a href="…">`."""
        _within(NOTICE_TEXT_BYTES, content.encode(), "content")
        return cls("text", {"content": content})

    @classmethod
    def markdown(cls, content: str) -> AppMessage:
        """markdown消息, up to 2,048 bytes; read only inside WeCom."""
        _within(NOTICE_TEXT_BYTES, content.encode(), "content")
        return cls("markdown", {"content": content})

    @classmethod
    def card(cls, *, title: str, description: str, url: str, button: str = "") -> AppMessage:
        """文本卡片消息; an empty `button` means WeCom's own word (详情)."""
        _within(CARD_TITLE_CHARS, title, "title")
        _within(CARD_DESCRIPTION_CHARS, description, "description")
        _within(CARD_URL_BYTES, url.encode(), "url")
        _within(CARD_BUTTON_CHARS, button, "button")
        content = {"title": title, "description": description, "url": url}
        return cls("textcard", {**content, "btntxt": button} if button else content)

    @classmethod
    def news(cls, articles: Sequence[Mapping[str, str]]) -> AppMessage:
        """图文消息: one to eight articles with `title`, `url`, `description`, `picurl`."""
        if not articles:
            raise ValueError("articles: none")
        if len(articles) > NEWS_PER_NOTICE:
            raise ValueError(f"articles: {len(articles)}, WeCom takes {NEWS_PER_NOTICE}")
        return cls("news", {"articles": [dict(article) for article in articles]})

    @classmethod
    def media(cls, kind: str, media_id: str) -> AppMessage:
        """图片、语音、视频、文件消息: an upload of this `kind` (image, voice, video, file)."""
        return cls(kind, {"media_id": media_id})

    @classmethod
    def template_card(cls, card: Mapping[str, Any]) -> AppMessage:
        """模板卡片消息 in WeCom's own keys."""
        return cls("template_card", dict(card))


@dataclass(frozen=True, slots=True)
class AppMessageReceipt:
    """WeCom took the message; `invalid_…` are outside the app's range. Userids come lower-cased.

    `response_code` changes an interactive card once, within 72 hours.
    """

    msgid: str
    invalid_userids: tuple[str, ...]
    invalid_department_ids: tuple[int, ...]
    invalid_tag_ids: tuple[int, ...]
    unlicensed_userids: tuple[str, ...]
    response_code: str


def _within(limit: int, value: str | bytes, what: str) -> None:
    if len(value) > limit:
        raise ValueError(f"{what}: {len(value)}, WeCom takes {limit}")
