"""What WeCom's limits leave us now (接口限额与用量), read from Redis for the console."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scrm.ratelimit import gate, limits
from scrm.ratelimit.bucket import Usage, subjects, usage
from scrm.ratelimit.limits import Bound, Limit, Period, Window
from scrm.ratelimit.store import RedisError
from scrm.wecom.codes import error_for
from scrm.wecom.errors import OutcomeUnknown
from scrm.wecom.quotas import LIMIT_NAME

SUBJECTS_SHOWN = 10
HOURS = 24
# A bar turns amber, then red, before there is nothing left.
_SCARCE, _NEARLY_GONE = 0.8, 0.95
_SPANS = {60: _("in a minute"), 3600: _("in an hour"), 86_400: _("in 24 hours")}
_PERIODS = {Period.DAY: _("today (Beijing)"), Period.MONTH: _("this month (Beijing)")}
_CODE = re.compile(r"-?\d+")
# What WeCom adds to every refusal and nobody needs here.
_POINTLESS = re.compile(r", (?:from ip|more info)")


@dataclass(frozen=True)
class Use:
    """`used` of `calls` in one window, day or month; more is free at `free_at`."""

    span: str | Promise
    used: int
    calls: int
    left: int
    colour: str
    free_at: datetime


@dataclass(frozen=True)
class SubjectUse:
    """One API, one receiver, one owner: "" is the whole corp."""

    subject: str
    uses: list[Use]
    running: int = 0
    calls: int = 0
    failed: int = 0
    held_until: datetime | None = None


@dataclass(frozen=True)
class LimitUse:
    """A limit with those who use it now; `hidden` more do, too."""

    limit: Limit
    spans: list[tuple[str | Promise, int]]
    rows: list[SubjectUse]
    hidden: int = 0


@dataclass(frozen=True)
class OnHold:
    """An API that is not called until `until`; `why` is WeCom's answer, `advice` our sentence."""

    path: str
    until: datetime
    seconds: float
    why: str
    advice: str


@dataclass(frozen=True)
class LimitsNow:
    """Everything at one moment."""

    at: datetime
    held: list[OnHold]
    apis: LimitUse
    others: list[LimitUse]
    calls: int
    failed: int


def limits_now(*, now: datetime) -> LimitsNow:
    """How the limits stand. Raises RedisError when Redis, which counts them, is away."""
    api = limits.get(LIMIT_NAME)
    held = on_hold(now=now)
    hours = gate.counted(api, hours=HOURS)
    calls: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for hour in hours:
        calls[hour.subject] += hour.calls
        failed[hour.subject] += hour.failed
    until = {one.path: one.until for one in held}
    paths = sorted(set(calls) | set(until), key=lambda path: (-calls[path], path))
    running = gate.running(api, paths)
    used = usage(api, paths)
    rows = [
        SubjectUse(
            path,
            _uses(used[path], now),
            running[path],
            calls[path],
            failed[path],
            until.get(path),
        )
        for path in paths
    ]
    return LimitsNow(
        at=now,
        held=held,
        apis=LimitUse(api, _spans(api), rows),
        others=[_one(limit, now) for limit in limits.registered() if limit.name != LIMIT_NAME],
        calls=calls.total(),
        failed=failed.total(),
    )


def on_hold(*, now: datetime) -> list[OnHold]:
    """The APIs that are not called now, the longest pause first. Raises RedisError."""
    found = [
        OnHold(
            path=one.subject,
            until=now + timedelta(seconds=one.seconds),
            seconds=one.seconds,
            why=_POINTLESS.split(one.why)[0],
            advice=_advice(one),
        )
        for one in gate.closed(limits.get(LIMIT_NAME))
    ]
    return sorted(found, key=lambda one: (-one.seconds, one.path))


def held_count(*, now: datetime) -> int | None:
    """How many APIs are on hold; None when Redis cannot tell."""
    try:
        return len(on_hold(now=now))
    except RedisError:
        return None


def _one(limit: Limit, now: datetime) -> LimitUse:
    names = subjects(limit, most=500) if limit.each else [""]
    used = usage(limit, names)
    rows = [SubjectUse(name, _uses(used[name], now)) for name in names if used[name]]
    rows = [row for row in rows if not limit.each or any(use.used for use in row.uses)]
    rows.sort(key=lambda row: (-max(use.used / use.calls for use in row.uses), row.subject))
    return LimitUse(limit, _spans(limit), rows[:SUBJECTS_SHOWN], max(0, len(rows) - SUBJECTS_SHOWN))


def _uses(found: list[Usage], now: datetime) -> list[Use]:
    return [
        Use(
            span=_span(use.bound),
            used=use.used,
            calls=use.bound.calls,
            left=use.left,
            colour=_colour(use.used / use.bound.calls),
            free_at=now + timedelta(seconds=use.seconds),
        )
        for use in found
    ]


def _colour(share: float) -> str:
    if share >= _NEARLY_GONE:
        return "red"
    return "amber" if share >= _SCARCE else "green"


def _spans(limit: Limit) -> list[tuple[str | Promise, int]]:
    found = [(_span(bound), bound.calls) for bound in limit.bounds]
    return [*found, *([(_("at once"), limit.parallel)] if limit.parallel else [])]


def _span(bound: Bound) -> str | Promise:
    if isinstance(bound, Window):
        return _SPANS.get(int(bound.seconds), f"{bound.seconds:g} s")
    return _PERIODS[bound.period]


def _advice(one: gate.Closed) -> str:
    code = _CODE.match(one.why)
    if code is None:
        return OutcomeUnknown().advice
    return error_for(int(code.group()), "", one.subject).advice
