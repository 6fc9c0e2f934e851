"""Events that concern the corp, not a customer, staff or group: kept as notices (企业微信通知)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from scrm.privacy import hide_secrets
from scrm.wecom.callback.envelope import CallbackMessage
from scrm.wecom.callback.registry import handler
from scrm.wecom.models import CorpNotice

_ACQUISITION, _DIRECTORY = "customer_acquisition", "change_contact"

# Which (event, change type) becomes a notice: its kind is the last word that WeCom has for it.
NOTICED = (
    (_ACQUISITION, "balance_low"),
    (_ACQUISITION, "balance_exhausted"),
    (_ACQUISITION, "balance_increased"),
    (_ACQUISITION, "quota_expire_soon"),
    (_ACQUISITION, "link_unavailable"),
    (_ACQUISITION, "delete_link"),
    (_ACQUISITION, "open_profile"),
    (_ACQUISITION, "friend_request"),
    (_ACQUISITION, "message_from_customer"),
    (_DIRECTORY, "update_tag"),
    ("upload_media_job_finish", ""),
    ("batch_job_result", ""),
)
_SUBJECTS = ("LinkId", "JobId", "TagId")
# What every event has, or is good for misuse: with a ChatKey anybody may write for half an hour.
_LEFT_OUT = frozenset(
    {
        *("ToUserName", "FromUserName", "CreateTime", "MsgType", "AgentID", "Event", "ChangeType"),
        *("ChatKey", "WelcomeCode", *_SUBJECTS),
    }
)
_LONGEST = 500


def register_handlers() -> None:
    """Called once, when the app is ready."""
    for event, change in NOTICED:
        handler(event, change)(record_notice)


def record_notice(event: CallbackMessage, /, *, now: datetime) -> None:
    """Keep what the event says, once however often it comes."""
    fields = event.fields
    CorpNotice.objects.bulk_create(
        [
            CorpNotice(
                kind=event.change_type or event.event,
                subject=next((fields[name] for name in _SUBJECTS if fields.get(name)), "")[:128],
                at=event.created_at,
                digest=_digest(event),
                details={
                    name: hide_secrets(value)[:_LONGEST]
                    for name, value in fields.items()
                    if name not in _LEFT_OUT and value
                },
            )
        ],
        ignore_conflicts=True,
    )


def _digest(event: CallbackMessage) -> str:
    said = json.dumps([sorted(event.fields.items()), event.items])
    return hashlib.sha256(said.encode()).hexdigest()
