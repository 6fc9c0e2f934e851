"""Tickets for page signatures (jsapi_ticket): one of each kind for all processes of an app.

WeCom gives a corp 400 in an hour and an app 100, so they are kept in Redis while they live, and
one process fetches while the others wait.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import redis
from redis.exceptions import LockError

from scrm.wecom.errors import NotConnected

_MARGIN_SECONDS = 300  # end before WeCom does, so that no page signs with a dying ticket
_LOCK_SECONDS = 20  # longer than a call may last
_LOOK_AGAIN = 0.05

Fetch = Callable[[], dict[str, Any]]


class TicketStore:
    """Tickets of the app whose key is `app`."""

    def __init__(self, store: redis.Redis, *, app: str) -> None:
        self._store, self._app = store, app

    def get(self, kind: str, fetch: Fetch) -> str:
        """The ticket in use, fetched when there is none. Raises what `fetch` raises."""
        key = f"wecom:ticket:{{{self._app}}}:{kind}"
        stored = self._store.get(key)
        return _text(stored) if stored else self._fetched(key, fetch)

    def _fetched(self, key: str, fetch: Fetch) -> str:
        lock = self._store.lock(
            f"{key}:lock", timeout=_LOCK_SECONDS, sleep=_LOOK_AGAIN, blocking_timeout=_LOCK_SECONDS
        )
        if not lock.acquire():
            raise NotConnected(0, "another process is fetching the ticket", key)
        try:
            stored = self._store.get(key)
            if stored:
                return _text(stored)
            reply = fetch()
            ticket, seconds = str(reply["ticket"]), int(reply["expires_in"])
            self._store.set(key, ticket, ex=max(1, seconds - min(_MARGIN_SECONDS, seconds // 10)))
            return ticket
        finally:
            with suppress(LockError):  # it ran out; the next one has it
                lock.release()


def _text(value: Any) -> str:
    return bytes(value).decode()
