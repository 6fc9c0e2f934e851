"""Before a call: its slot, its rate, its quotas. After it: what that says about WeCom (准入).

The gate comes first and the reservation last, because a reserved call must be made at once. At
most as many calls as there are slots are reserved and not yet at WeCom, so that no window there
can hold more than one here and those few: the 2 % we stay below WeCom's figures cover them.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from scrm.ratelimit import bucket, gate, limits
from scrm.ratelimit.bucket import Charge
from scrm.ratelimit.gate import Gate, Held, Outcome, Passage, Pauses
from scrm.ratelimit.slots import NoSlot
from scrm.ratelimit.store import RedisError
from scrm.wecom import quotas
from scrm.wecom.codes import RATE_LIMITED, TOO_MANY_AT_ONCE
from scrm.wecom.errors import (
    NotConnected,
    OnHold,
    OutcomeUnknown,
    QuotaReached,
    RateLimited,
    TokenInvalid,
    WeComError,
)

log = logging.getLogger(__name__)

_WHY_KEPT = 120
_DAILY = 86_400.0
# The code alone decides that WeCom wants a pause. The words, which it may change at any time, are
# only looked at for how long; without a known one the pause grows from a minute.
_SPANS = (
    (re.compile(r"\b(month|monthly|day|daily)\b|每[天日月]|[天日月]限", re.IGNORECASE), _DAILY),
    (re.compile(r"\b(hour|hourly)\b|每小时", re.IGNORECASE), 3600.0),
    (re.compile(r"\bminute\b|每分钟", re.IGNORECASE), 60.0),
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call that may be made: each exchange of it is announced by `begin`."""

    path: str
    charges: Sequence[Charge]
    passage: Passage
    deadline: float

    def begin(self) -> None:
        """The first exchange was reserved on the way in; a repeated one costs one more."""
        if self.passage.calls:
            _reserve(self.path, self.charges, self.deadline)
        self.passage.calls += 1


class Admission:
    """Lets calls of every API through as `limit` and the narrower limits allow."""

    def __init__(self, limit: limits.Limit, *, patience: float, lease: float, pauses: Pauses):
        self._limit, self._patience, self._lease = limit, patience, lease
        self._gate = Gate(limit, pauses)

    @contextmanager
    def admit(
        self, path: str, asked: Mapping[str, Any], extra: Sequence[Charge] = ()
    ) -> Iterator[Admitted]:
        """Wait for the limits within our patience, then stay on the list of running calls.

        Raises RateLimited with the wait still due, RedisError when Redis cannot be asked; in
        both cases nothing was called. The error that leaves the block tells how the call went.
        """
        deadline = time.monotonic() + self._patience
        charges = [Charge(self._limit, path), *quotas.charges(path, asked), *extra]
        try:
            with self._gate.enter(path, patience=self._patience, lease=self._lease) as passage:
                _reserve(path, charges, deadline)
                try:
                    yield Admitted(path, charges, passage, deadline)
                except WeComError as error:
                    _judge(passage, error, path)
                    if not passage.calls or isinstance(error, NotConnected):
                        with suppress(RedisError):
                            bucket.give_back(charges)
                    raise
        except Held as held:
            kind = RateLimited if held.why.startswith(_told_codes()) else OnHold
            raise kind(0, f"on hold: {held.why}", path, retry_after=_up(held.seconds)) from None
        except NoSlot:
            raise RateLimited(0, "too many calls at once", path, retry_after=1) from None
        except RateLimited as error:
            if error.code in RATE_LIMITED:
                error.retry_after = _up(passage.closed_for) or error.retry_after
                log.warning("%s: over WeCom's limit, no call for %s s", path, error.retry_after)
            raise


def _reserve(path: str, charges: Sequence[Charge], deadline: float) -> None:
    while shortage := bucket.reserve(charges):
        if time.monotonic() + shortage.seconds > deadline:
            raise _refused(shortage, path)
        time.sleep(shortage.seconds)


def _refused(shortage: bucket.Shortage, path: str) -> RateLimited:
    kind = QuotaReached if isinstance(shortage.bound, limits.Quota) else RateLimited
    words = f"our own limit {shortage.charge.limit.name}"
    return kind(0, words, path, retry_after=_up(shortage.seconds))


def _judge(passage: Passage, error: WeComError, path: str) -> None:
    """Tell the gate how the call went. Trouble with the token is none of this API."""
    if error.path != path:
        return
    passage.why = (f"{error.code} {error.message}" if error.code else error.message)[:_WHY_KEPT]
    if error.code in RATE_LIMITED:
        passage.outcome, passage.window = Outcome.TOLD, _window(error.message)
    elif error.code == TOO_MANY_AT_ONCE:
        passage.outcome = Outcome.CROWDED
    elif isinstance(error, OutcomeUnknown | NotConnected | TokenInvalid):
        passage.outcome = Outcome.TROUBLE


def _window(message: str) -> float:
    """Seconds WeCom's words ask for; 0 when they say nothing. Days end at midnight there."""
    for words, seconds in _SPANS:
        if words.search(message):
            return _until_tomorrow() if seconds == _DAILY else seconds
    return 0.0


def _until_tomorrow() -> float:
    try:
        return gate.until_midnight(gate.server_seconds())
    except RedisError:
        return 0.0


def _told_codes() -> tuple[str, ...]:
    return tuple(str(code) for code in sorted(RATE_LIMITED))


def _up(seconds: float) -> int:
    return math.ceil(seconds)
