"""Reserve calls before they are made, over all processes together (频率与额度预留).

What was reserved stays used when a call's outcome is unknown: WeCom may have counted it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scrm.ratelimit import counting
from scrm.ratelimit.limits import Bound, Limit, Period, Window
from scrm.ratelimit.store import client

_MICROSECONDS = 1_000_000
_LISTED = -2  # see counting.RESERVE
_LONGEST = {Period.DAY: 86_400, Period.MONTH: 31 * 86_400}


@dataclass(frozen=True, slots=True)
class Charge:
    """`amount` calls of `limit` for one `subject` ("": the whole corp)."""

    limit: Limit
    subject: str = ""
    amount: int = 1


@dataclass(frozen=True, slots=True)
class Shortage:
    """Nothing was reserved: `bound` of `charge` has no room for another `seconds` seconds."""

    charge: Charge
    bound: Bound
    seconds: float


@dataclass(frozen=True, slots=True)
class Usage:
    """`used` of `bound`; more becomes free in `seconds` (a window's oldest part leaving, or the
    next natural day or month).
    """

    bound: Bound
    used: int
    seconds: float

    @property
    def left(self) -> int:
        return max(0, self.bound.calls - self.used)


def reserve(charges: Sequence[Charge]) -> Shortage | None:
    """Reserve all `charges`, or none and say what is short: all bounds in one round trip.

    Raises ValueError for an amount that no waiting makes possible, RedisError when Redis cannot
    be asked.
    """
    entries = [(charge, bound) for charge in charges for bound in charge.limit.bounds]
    if not entries:
        return None
    for charge, bound in entries:
        if charge.amount > bound.calls:
            raise ValueError(f"{charge.limit.name}: {charge.amount} at once, {bound.calls} allowed")
    wait, place = client().register_script(counting.RESERVE)(*arguments(charges))
    if not place:
        return None
    return Shortage(*entries[int(place) - 1], seconds=int(wait) / _MICROSECONDS)


def take(limit: Limit, subject: str) -> float:
    """Ask for one call on `subject`: 0 when granted, else the seconds until asking again pays.

    A refused call counts nowhere. Raises RedisError when Redis cannot be asked.
    """
    shortage = reserve([Charge(limit, subject)])
    return shortage.seconds if shortage else 0.0


def give_back(charges: Sequence[Charge]) -> None:
    """Free what was reserved of days and months for a call that surely never left this machine."""
    entries = [(charge, quota) for charge in charges for quota in charge.limit.quotas]
    if entries:
        keys = [_key(charge.limit, charge.subject, quota) for charge, quota in entries]
        figures = [
            figure for charge, quota in entries for figure in (_length(quota), charge.amount)
        ]
        client().register_script(counting.GIVE_BACK)(keys, figures)


def usage(limit: Limit, subjects: Sequence[str]) -> dict[str, list[Usage]]:
    """What each subject has used of each bound now. Raises RedisError."""
    entries = [(subject, bound) for subject in subjects for bound in limit.bounds]
    found: dict[str, list[Usage]] = {subject: [] for subject in subjects}
    if not entries:
        return found
    keys = [_key(limit, subject, bound) for subject, bound in entries]
    seen = client().register_script(counting.LOOK)(keys, [_length(bound) for _, bound in entries])
    for (subject, bound), used, wait in zip(entries, seen[::2], seen[1::2], strict=True):
        found[subject].append(Usage(bound, int(used), int(wait) / _MICROSECONDS))
    return found


def arguments(charges: Sequence[Charge]) -> tuple[list[str], list[int | str]]:
    """Keys and figures of the script `counting.RESERVE`, bounds first."""
    keys: list[str] = []
    figures: list[int | str] = []
    for charge in charges:
        for bound in charge.limit.bounds:
            keys.append(_key(charge.limit, charge.subject, bound))
            figures += (_length(bound), bound.calls, charge.amount)
    for charge in charges:
        if charge.subject and charge.limit.bounds:
            keys.append(_list(charge.limit))
            figures += (_LISTED, _listed_for(charge.limit), charge.subject)
    return keys, figures


def subjects(limit: Limit, *, most: int) -> list[str]:
    """Who used this limit within its longest bound, the last user first. Raises RedisError."""
    names: list[Any] = client().zrevrange(_list(limit), 0, most - 1)
    return [bytes(name).decode() for name in names]


def _key(limit: Limit, subject: str, bound: Bound) -> str:
    span = f"{bound.seconds:g}" if isinstance(bound, Window) else bound.period.value
    return f"limit:{{{limit.name}:{subject}}}:{span}"


def _length(bound: Bound) -> int:
    if isinstance(bound, Window):
        return int(bound.seconds * _MICROSECONDS)
    return 0 if bound.period is Period.DAY else -1


def _list(limit: Limit) -> str:
    return f"subjects:{{{limit.name}}}"


def _listed_for(limit: Limit) -> int:
    spans = [window.seconds for window in limit.windows]
    spans += [_LONGEST[quota.period] for quota in limit.quotas]
    return math.ceil(max(spans)) + 1
