"""Letters to the worker of welcomes: codes that live 20 seconds and cannot wait for the inbox.

A letter is only the fast way. Codes whose letters got lost are found again in the inbox.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scrm.ratelimit.store import client
from scrm.wecom.callback.envelope import CallbackMessage

WELCOME_LIST = "wecom:welcome"
# A code lives 20; older ones only fill the list of a worker that is away.
_KEPT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class WelcomeLetter:
    """A customer has added a staff member and may be welcomed with this code, once."""

    code: str
    external_userid: str
    userid: str
    state: str
    received_at: datetime

    def __repr__(self) -> str:
        # Logs show letters; the code is as good as a key while it lives.
        return f"WelcomeLetter({self.external_userid}, {self.userid})"


def letter_of(message: CallbackMessage, *, received_at: datetime) -> WelcomeLetter | None:
    """The letter of an event; None when the event brings no code."""
    return _letter(message.fields, received_at)


def push(message: CallbackMessage) -> None:
    """JSON with the fields of the event, and when it came. Raises RedisError."""
    letter = json.dumps({**message.fields, "received_at": time.time()}, ensure_ascii=False)
    pipe = client().pipeline(transaction=False)
    pipe.lpush(WELCOME_LIST, letter)
    pipe.expire(WELCOME_LIST, _KEPT_SECONDS)
    pipe.execute()


def pop(*, patience: int) -> WelcomeLetter | None:
    """The oldest letter, waited for up to `patience` seconds. Raises RedisError."""
    popped = client().brpop([WELCOME_LIST], timeout=patience)
    if popped is None:
        return None
    fields = json.loads(popped[1])
    return _letter(fields, datetime.fromtimestamp(float(fields["received_at"]), UTC))


def _letter(fields: dict[str, Any], received_at: datetime) -> WelcomeLetter | None:
    code = fields.get("WelcomeCode")
    if not code:
        return None
    return WelcomeLetter(
        code=code,
        external_userid=fields.get("ExternalUserID", ""),
        userid=fields.get("UserID", ""),
        state=fields.get("State", ""),
        received_at=received_at,
    )
