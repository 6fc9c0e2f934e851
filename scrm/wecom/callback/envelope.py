"""XML of a callback → fields, items, and the key it must be kept in order by. No Django."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# WeCom's deepest event has five levels. A tree as deep as 64 KiB allow would cost megabytes.
_DEEPEST = 16


class Malformed(Exception):
    """Not the XML of a callback."""


@dataclass(frozen=True, slots=True)
class CallbackMessage:
    """One callback event (回调事件), decrypted and parsed.

    `fields` holds the text of every plain element (`ExternalUserID`, `UserID`, …; the first, should
    one repeat) and of those one level below (`JobId` of `BatchJob`), an absent one is missing;
    `items` the `<Item>`s of `MemChangeList`, a list even when there is one. `created_at` is a hint, not an order: events overtake each other; it is the
    start of 1970 when WeCom gave none. `received_at` is known when it comes from the inbox.
    """

    event: str
    change_type: str
    created_at: datetime
    fields: dict[str, str] = field(default_factory=dict)
    items: list[str] = field(default_factory=list)
    received_at: datetime | None = None

    @property
    def order_key(self) -> str:
        """What events must be handled one after the other for; empty: nothing."""
        return _order_key(self.event, self.fields)


def sealed_part(body: bytes) -> str:
    """The `<Encrypt>` of a POST body; raises Malformed."""
    encrypt = _parse(body).findtext("Encrypt")
    if encrypt is None:
        raise Malformed("no Encrypt")
    return encrypt.strip()


def read_message(xml: str) -> CallbackMessage:
    """Parse a decrypted callback; raises Malformed. Unknown events are as welcome as known."""
    root = _parse(xml.encode())
    fields: dict[str, str] = {}
    items: list[str] = []
    nested: dict[str, str] = {}
    for child in root:
        if len(child):
            leaves = [leaf for leaf in child if not len(leaf)]
            items += [leaf.text or "" for leaf in leaves if leaf.tag == "Item"]
            nested |= {leaf.tag: (leaf.text or "").strip() for leaf in leaves if leaf.tag != "Item"}
        else:
            fields.setdefault(child.tag, (child.text or "").strip())
    fields = nested | fields
    return CallbackMessage(
        event=fields.get("Event") or fields.get("MsgType", ""),
        change_type=fields.get("ChangeType", ""),
        created_at=_moment(fields.get("CreateTime", "")),
        fields=fields,
        items=items,
    )


class _Shallow(TreeBuilder):
    """Builds a tree until it is deeper than any of WeCom's."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Malformed("too deep")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _parse(body: bytes) -> Element:
    parser = DefusedXMLParser(target=_Shallow(), forbid_dtd=True)
    try:
        parser.feed(body)
        root: Element = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Malformed(type(error).__name__) from None
    return root


def _moment(seconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)  # verified, so keep it rather than refuse it


def _order_key(event: str, fields: dict[str, str]) -> str:
    if event == "change_external_tag":
        return "tag"  # a group's deletion tells nothing of its tags: keep all of them in line
    for name in ("ExternalUserID", "ChatId"):
        if fields.get(name):
            return fields[name]
    if event == "change_contact":
        return f"directory:{fields.get('UserID', '').lower()}"
    return ""
