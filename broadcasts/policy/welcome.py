"""Which welcome a newcomer gets (谁收到哪条欢迎语). Pure.

Of the rules that fit, the most specific one wins:

1. how narrowly it was aimed: channel > staff member > department > everybody; of two departments
   the one nearer to the staff member;
2. one with weekdays or hours before one that always holds;
3. the higher priority;
4. the older rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

CHANNEL, STAFF, DEPARTMENT, EVERYBODY = "channel", "staff", "department", "everybody"
NARROWNESS = {EVERYBODY: 0, DEPARTMENT: 1, STAFF: 2, CHANNEL: 3}
_FAR = 1_000


@dataclass(frozen=True)
class WelcomeRule:
    """Whom one welcome is for. `key` names it; newer ones have larger keys.

    `states` (channel states, exactly), `userids` (lower case) and `departments` (WeCom numbers,
    everything below included) count only in their own `scope`. `weekdays` are 1 (Monday) to 7,
    none means every day; `start` to `end` is local time and may pass midnight, then the hours
    after midnight belong to the day before. Both None: all day.
    """

    key: int
    scope: str = EVERYBODY
    states: frozenset[str] = frozenset()
    userids: frozenset[str] = frozenset()
    departments: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    start: time | None = None
    end: time | None = None
    priority: int = 0

    @property
    def is_timed(self) -> bool:
        return bool(self.weekdays) or self.start is not None


@dataclass(frozen=True)
class Newcomer:
    """Somebody who has just added a staff member, at a local time.

    `departments`: WeCom numbers of the staff member's departments and all above them, with the
    number of steps up (0: works there).
    """

    userid: str
    local: datetime
    state: str = ""
    departments: Mapping[int, int] = field(default_factory=dict)


def ranked(rules: Iterable[WelcomeRule], newcomer: Newcomer) -> list[WelcomeRule]:
    """The rules that fit, the one that wins first. The order they come in does not matter."""
    fitting = (rule for rule in rules if aims_at(rule, newcomer) and holds_at(rule, newcomer.local))
    return sorted(fitting, key=lambda rule: _rank(rule, newcomer), reverse=True)


def choose(rules: Iterable[WelcomeRule], newcomer: Newcomer) -> WelcomeRule | None:
    """The welcome this newcomer gets; None when none is for them."""
    return next(iter(ranked(rules, newcomer)), None)


def aims_at(rule: WelcomeRule, newcomer: Newcomer) -> bool:
    """Whether the rule is for this newcomer, whatever the time."""
    if rule.scope == CHANNEL:
        return bool(newcomer.state) and newcomer.state in rule.states
    if rule.scope == STAFF:
        return newcomer.userid.lower() in rule.userids
    if rule.scope == DEPARTMENT:
        return not rule.departments.isdisjoint(newcomer.departments)
    return True


def holds_at(rule: WelcomeRule, local: datetime) -> bool:
    """Whether the rule's weekdays and hours hold at this local time."""
    day, clock = local, local.time()
    if rule.start is not None and rule.end is not None:
        if rule.start < rule.end:
            if not rule.start <= clock < rule.end:
                return False
        elif clock < rule.end:
            day = local - timedelta(days=1)
        elif clock < rule.start:
            return False
    return not rule.weekdays or day.isoweekday() in rule.weekdays


def _rank(rule: WelcomeRule, newcomer: Newcomer) -> tuple[int, int, bool, int, int]:
    steps = 0
    if rule.scope == DEPARTMENT:
        steps = min((newcomer.departments.get(one, _FAR) for one in rule.departments), default=_FAR)
    return (NARROWNESS[rule.scope], -steps, rule.is_timed, rule.priority, -rule.key)
