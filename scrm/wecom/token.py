"""The access token (access_token): one for all processes, fetched by one at a time.

Kept in Redis under a hash of corp id and whole secret, because WeCom blocks a corp that asks for
tokens too often (about 2,000 failures an hour) and may end the old token when a new one is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import redis
from redis.exceptions import LockError

from scrm.wecom.codes import error_for
from scrm.wecom.errors import Misconfigured, NotConnected, OutcomeUnknown, Refused, WeComError

PATH = "gettoken"

_MARGIN_SECONDS = 300  # end before WeCom does, so that no call starts with a dying token
_LOCK_SECONDS = 20  # longer than a call may last
_LOOK_AGAIN = 0.05
_REFUSAL_SECONDS = 30  # do not ask again for what surely fails
_WORTHLESS_SECONDS = 10

Fetch = Callable[[], dict[str, Any]]


class TokenStore:
    """Tokens of one app. `fetch` asks WeCom for a new one and gives its answer."""

    def __init__(self, store: redis.Redis, *, corp_id: str, secret: str, fetch: Fetch) -> None:
        digest = hashlib.sha256(f"{corp_id}\n{secret}".encode()).hexdigest()[:32]
        self.app = digest  # who this is, without telling the secret
        self._store, self._fetch = store, fetch
        self._key = f"wecom:token:{{{digest}}}"
        self._failed = f"{self._key}:failed"
        self._worthless = f"{self._key}:worthless"

    def get(self) -> str:
        """The token in use, fetched when there is none. Raises Refused."""
        return self._stored() or self.renew("")

    def renew(self, refused: str) -> str:
        """A token other than `refused`, which WeCom did not take; fetched by one process while
        the others wait for it. Raises Refused when WeCom gives none.
        """
        lock = self._store.lock(
            f"{self._key}:lock",
            timeout=_LOCK_SECONDS,
            sleep=_LOOK_AGAIN,
            blocking_timeout=_LOCK_SECONDS,
        )
        if not lock.acquire():
            raise NotConnected(0, "another process is fetching the token", PATH)
        try:
            stored = self._stored()
            if stored and stored != refused:
                return stored
            self._raise_known_failure()
            return self._fetch_and_store()
        finally:
            with suppress(LockError):  # it ran out; the next one has it
                lock.release()

    def mark_worthless(self, token: str) -> None:
        """A fresh token was refused as well: for a moment nobody needs to fetch another."""
        self._store.set(self._worthless, token, ex=_WORTHLESS_SECONDS)

    def is_worthless(self, token: str) -> bool:
        return _text(self._store.get(self._worthless)) == token

    def forget(self) -> None:
        """Drop the token and what is known of failures, so that the next call asks WeCom."""
        self._store.delete(self._key, self._failed, self._worthless)

    def _stored(self) -> str:
        return _text(self._store.get(self._key))

    def _fetch_and_store(self) -> str:
        try:
            reply = self._fetch()
            token, seconds = str(reply["access_token"]), int(reply["expires_in"])
        except OutcomeUnknown as error:
            # No token, so whatever it was wanted for has surely not happened.
            raise self._remember(NotConnected(error.code, error.message, PATH)) from None
        except (KeyError, TypeError, ValueError):
            raise self._remember(NotConnected(0, "no token in the answer", PATH)) from None
        except Refused as error:
            raise self._remember(error) from None
        self._store.set(self._key, token, ex=max(1, seconds - min(_MARGIN_SECONDS, seconds // 10)))
        return token

    def _remember(self, error: WeComError) -> WeComError:
        seconds = _REFUSAL_SECONDS if isinstance(error, Misconfigured) else error.retry_after
        if seconds:
            self._store.set(self._failed, json.dumps([error.code, error.message]), ex=seconds)
        return error

    def _raise_known_failure(self) -> None:
        failure = self._store.get(self._failed)
        if failure is None:
            return
        code, message = json.loads(_text(failure))
        if code in {0, -1}:
            raise NotConnected(code, message, PATH)
        raise error_for(code, message, PATH)


def _text(value: Any) -> str:
    return "" if value is None else bytes(value).decode()
