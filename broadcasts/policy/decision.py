"""Verdicts and what they are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why somebody is not written to; the words are in `broadcasts.selectors.reasons`."""

    QUIET = "quiet"
    NOT_FRIEND = "not_friend"
    NO_STAFF = "no_staff"
    DO_NOT_CONTACT = "do_not_contact"
    PAUSED = "paused"
    NURTURE = "nurture"
    CAP = "cap"
    GAP = "gap"
    CONFLICT = "conflict"
    QUOTA = "quota"
    HELD_OUT = "held_out"


@dataclass(frozen=True)
class Allow:
    """Nothing speaks against it."""


@dataclass(frozen=True)
class Defer:
    """Not now; ask again at `until`."""

    until: datetime
    reason: Reason


@dataclass(frozen=True)
class Skip:
    """Not at all, this time."""

    reason: Reason


Decision = Allow | Defer | Skip


@dataclass(frozen=True)
class Facts:
    """What is known of one customer before a private touch (私聊触达).

    `cap_used` and `quota_used` count touches of the running period together with those that
    unfinished broadcasts have already promised; `reserved_until` is when the last such promise
    ends. `staff_id` is who would write to her.
    """

    contact_id: int
    is_friend: bool = True
    staff_id: int | None = 1
    is_do_not_contact: bool = False
    pause_until: datetime | None = None
    first_followed_at: datetime | None = None
    cap_used: int = 0
    quota_used: int = 0
    last_touch_at: datetime | None = None
    reserved_until: datetime | None = None


def nothing_to_bind(_now: datetime) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)
class Rule:
    """One house rule, twice: for one customer, and for a set of them.

    `sql` is the condition under which `decide` skips, over columns named as in `Facts`, with the
    parameters that `bind(now)` gives; a property test holds the two together. A rule that looks
    at the time alone has no `sql`, because it says the same of everybody.
    """

    reason: Reason
    decide: Callable[[Facts, datetime], Decision]
    sql: str = ""
    bind: Callable[[datetime], Mapping[str, object]] = nothing_to_bind


def skip_if(*, applies: bool, reason: Reason) -> Decision:
    return Skip(reason) if applies else Allow()
