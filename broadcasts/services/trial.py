"""Show a message to colleagues before customers see it (测试发送)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from broadcasts.models import Broadcast
from broadcasts.selectors.variables import fill_for_batch
from broadcasts.services.compose import variants_of
from broadcasts.services.media import attachments_for_wecom
from contacts.models import Staff
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

MOST_STAFF = 20
_TEXT_BYTES = 2000
_BY_MEDIA = ("image", "video", "file")


def send_trial(
    *, broadcast: Broadcast, staff: Sequence[Staff], operator: Operator, now: datetime
) -> int:
    """Send each version's content to these staff in the app's own chat, marked as a test; how many
    got it. No customer sees it, nothing counts as a touch.

    Calls WeCom, so call it outside transactions. Raises InvalidInput for a choice of staff or a
    material that cannot be used, WeComError when WeCom does not take it.
    """
    if not 1 <= len(staff) <= MOST_STAFF:
        message = _("Choose 1 to %(most)d colleagues.") % {"most": MOST_STAFF}
        raise InvalidInput(message, field="staff")
    versions = variants_of(broadcast) or [
        {"letter": "", "text": broadcast.text, "attachments": broadcast.attachments}
    ]
    ready = [(one, attachments_for_wecom(one["attachments"], now=now)) for one in versions]
    gateway = wecom.get_gateway()
    for member in staff:
        for version, attachments in ready:
            for part in _messages(broadcast, version, attachments, member):
                gateway.send_app_message(part, userids=[member.userid])
    record_act(
        action="broadcast.trial",
        operator=operator,
        now=now,
        subject=broadcast,
        details={"staff": [member.userid for member in staff]},
    )
    return len(staff)


def _messages(
    broadcast: Broadcast,
    version: dict[str, Any],
    attachments: Sequence[dict[str, Any]],
    member: Staff,
) -> Iterator[wecom.AppMessage]:
    title = _("[Test] %(name)s") % {"name": broadcast.name}
    if version["letter"]:
        title = _("%(title)s · version %(letter)s") % {
            "title": title,
            "letter": version["letter"],
        }
    words = [title, "", fill_for_batch(version["text"], member)]
    for attachment in attachments:
        body = attachment[attachment["msgtype"]]
        if attachment["msgtype"] == "link":
            words += ["", str(body.get("title", "")), str(body.get("url", ""))]
        elif attachment["msgtype"] == "miniprogram":
            words += ["", _("Mini program: %(title)s") % {"title": body.get("title", "")}]
    yield from map(wecom.AppMessage.text, _pieces("\n".join(words)))
    for attachment in attachments:
        kind = attachment["msgtype"]
        media_id = attachment[kind].get("media_id") if kind in _BY_MEDIA else None
        if media_id:
            yield wecom.AppMessage.media(kind, media_id)


def _pieces(text: str) -> Iterator[str]:
    """The text in parts that one app message takes, cut between characters."""
    part = ""
    for character in text:
        if len((part + character).encode()) > _TEXT_BYTES:
            yield part
            part = ""
        part += character
    if part.strip():
        yield part
