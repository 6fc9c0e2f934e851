"""Verdicts and what they are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why somebody is not written to; the words are in `broadcasts.selectors.reasons`."""

    QUIET = "quiet"
    REST_DAY = "rest_day"
    NOT_FRIEND = "not_friend"
    NO_STAFF = "no_staff"
    DO_NOT_CONTACT = "do_not_contact"
    PAUSED = "paused"
    TOPIC = "topic"
    GLOBAL_HOLDOUT = "global_holdout"
    NURTURE = "nurture"
    CAP = "cap"
    CHANNEL_CAP = "channel_cap"
    CLASS_CAP = "class_cap"
    TOTAL_CAP = "total_cap"
    GAP = "gap"
    DEEP_GAP = "deep_gap"
    WHITE_SPACE = "white_space"
    WHITE_SHARE = "white_share"
    CONFLICT = "conflict"
    PRIORITY = "priority"
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
    """What is known of one customer before a touch (触达), for the terms of that touch.

    Marketing touches are those of class light or deep, whatever the channel; welcomes and service
    messages are owed to the customer and count in `quota_used` alone, and there only private ones.
    Counts are of the running month unless said otherwise. Those of private messages, classes and
    days include the promises: places in unfinished broadcasts whose message has neither arrived
    nor failed.

    `cap_used`: private marketing. `class_used`: marketing of the class of the terms, on every
    channel; `total_used`: of both classes; `touched_days`: the days they fell on, each promise a
    day of its own. `day_used`: today's marketing on the channel of the terms. `quota_used`:
    private messages in the running period of WeCom's quota. `last_touch_at`: private marketing;
    `last_deep_at`: deep touches on every channel and, for a promise, the end of its window;
    `reserved_until`: the end of the last promise. `is_wanted`: a broadcast of better precedence
    is about to take her. `staff_id` is who would write to her.
    """

    contact_id: int
    is_friend: bool = True
    staff_id: int | None = 1
    is_do_not_contact: bool = False
    pause_until: datetime | None = None
    is_topic_off: bool = False
    first_followed_at: datetime | None = None
    cap_used: int = 0
    day_used: int = 0
    class_used: int = 0
    total_used: int = 0
    touched_days: int = 0
    quota_used: int = 0
    last_touch_at: datetime | None = None
    last_deep_at: datetime | None = None
    reserved_until: datetime | None = None
    is_wanted: bool = False


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
