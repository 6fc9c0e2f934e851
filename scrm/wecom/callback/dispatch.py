"""From a stored event to the handler an app registered for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scrm.wecom.callback import registry
from scrm.wecom.callback.envelope import read_message


def dispatch(body: str, *, now: datetime, received_at: datetime | None = None) -> bool:
    """Run the handler of the event in `body`; False when nobody handles it.

    Raises whatever the handler raises, registry.NotYet among it.
    """
    message = replace(read_message(body), received_at=received_at)
    handler = registry.find(message.event, message.change_type)
    if handler is None:
        return False
    handler(message, now=now)
    return True
