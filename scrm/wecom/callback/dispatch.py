"""From a stored event to the handler an app registered for it."""

from __future__ import annotations

from datetime import datetime

from scrm.wecom.callback import registry
from scrm.wecom.callback.envelope import read_message


def dispatch(body: str, *, now: datetime) -> bool:
    """Run the handler of the event in `body`; False when nobody handles it."""
    message = read_message(body)
    handler = registry.find(message.event, message.change_type)
    if handler is None:
        return False
    handler(message, now=now)
    return True
