"""The access token (access_token): one for all processes, fetched by one at a time.

Kept in Redis under a hash of corp id and whole secret, because WeCom blocks a corp that asks for
tokens too often (about 2,000 failures an hour) and may end the old token when a new one is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import LockError
from redis.lock import Lock

from scrm.wecom.codes import error_for
from scrm.wecom.errors import (
    Misconfigured,
    NotConnected,
    OutcomeUnknown,
    Refused,
    TokenInvalid,
    WeComError,
)

PATH = "gettoken"

_MARGIN_SECONDS = 300  # end before WeCom does, so that no call starts with a dying token
_LOCK_SECONDS = 20  # longer than a call may last
_LOOK_AGAIN = 0.05
_REFUSAL_SECONDS = 30  # do not ask again for what surely fails
# A fresh token that is refused does not become better by fetching: one refresh for each storm.
_WORTHLESS_SECONDS = 300
_PROVEN_SECONDS = 7200

Fetch = Callable[[], dict[str, Any]]


@dataclass(slots=True)
class Trial:
    """Whether WeCom took the token that is tried; None when its answer did not tell."""

    is_good: bool | None = None


class TokenStore:
    """Tokens of one app. `fetch` asks WeCom for a new one and gives its answer."""

    def __init__(self, store: redis.Redis, *, corp_id: str, secret: str, fetch: Fetch) -> None:
        digest = hashlib.sha256(f"{corp_id}\n{secret}".encode()).hexdigest()[:32]
        self.app = digest  # who this is, without telling the secret
        self._store, self._fetch = store, fetch
        self._key = f"wecom:token:{{{digest}}}"
        self._failed = f"{self._key}:failed"
        self._worthless, self._proven = f"{self._key}:worthless", f"{self._key}:proven"
        self._fetched = f"{self._key}:fetched"

    def get(self) -> str:
        """The token in use, fetched when there is none. Raises Refused."""
        return self._stored() or self.renew("")

    def renew(self, refused: str) -> str:
        """The token to use after `refused` was not taken: fetched by one process while the others
        wait for it. May be the same again, because WeCom repeats a token that lives; whoever
        comes after a fetch gets what it brought. Raises Refused when WeCom gives none.
        """
        lock = self._lock("lock")
        if not lock.acquire():
            raise NotConnected(0, "another process is fetching the token", PATH)
        try:
            stored = self._stored()
            if stored and (stored != refused or self._is_just_fetched(stored)):
                return stored
            self._raise_known_failure()
            token = self._fetch_and_store()
            if refused:
                self._store.set(self._fetched, token, ex=_LOCK_SECONDS)
            return token
        finally:
            with suppress(LockError):  # it ran out; the next one has it
                lock.release()

    @contextmanager
    def trial(self, token: str, path: str) -> Iterator[Trial]:
        """Try a fresh token: one process at a time until it proved good, so that a storm of
        refusals costs one more call and not one for each that waits. Raises TokenInvalid when
        another has found it worthless; then for a while nobody needs to fetch another.
        """
        if _text(self._store.get(self._proven)) == token:
            yield from self._tried(token)
            return
        lock = self._lock("trial")
        if not lock.acquire():
            raise NotConnected(0, "another process tries the token", PATH)
        try:
            if self.is_worthless(token):
                raise TokenInvalid(0, "a fresh token was refused as well", path)
            yield from self._tried(token)
        finally:
            with suppress(LockError):  # it ran out; the next one has it
                lock.release()

    def is_worthless(self, token: str) -> bool:
        return _text(self._store.get(self._worthless)) == token

    def _is_just_fetched(self, token: str) -> bool:
        return _text(self._store.get(self._fetched)) == token or self.is_worthless(token)

    def forget(self) -> None:
        """Drop the token and what is known of failures, so that the next call asks WeCom."""
        self._store.delete(self._key, self._failed, self._worthless, self._fetched)

    def _tried(self, token: str) -> Iterator[Trial]:
        tried = Trial()
        yield tried
        if tried.is_good:
            self._store.set(self._proven, token, ex=_PROVEN_SECONDS)
        elif tried.is_good is False:
            self._store.set(self._worthless, token, ex=_WORTHLESS_SECONDS)

    def _lock(self, name: str) -> Lock:
        lock: Lock = self._store.lock(
            f"{self._key}:{name}",
            timeout=_LOCK_SECONDS,
            sleep=_LOOK_AGAIN,
            blocking_timeout=_LOCK_SECONDS,
        )
        return lock

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
