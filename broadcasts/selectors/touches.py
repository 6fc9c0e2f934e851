"""The touches of one customer, against the caps (触达压力)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Touch
from broadcasts.policy.decision import Facts
from broadcasts.policy.history import Past, Promise, counted, earliest
from broadcasts.policy.holdout import is_standing
from broadcasts.policy.next_moment import NextMoment, next_moment
from broadcasts.policy.terms import GROUP, MOMENT, Terms
from broadcasts.selectors.one_verdict import (
    past_of,
    person,
    promised_places,
    promises_of,
    touches_since,
)
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.reasons import reason_words

SHOWN_DAYS = 30


@dataclass(frozen=True)
class ChannelUse:
    """How often she was reached by one channel in the last 30 days. `last_at` is None for never."""

    label: str
    number: int
    last_at: datetime | None


@dataclass(frozen=True)
class CapUse:
    """One figure of the rules and how much of it is used; `cap` is None when it does not hold."""

    label: str | Words
    used: int
    cap: int | None

    @property
    def is_full(self) -> bool:
        return self.cap is not None and self.used >= self.cap


@dataclass(frozen=True)
class TouchBudget:
    """What one customer got in the last 30 days, and what the rules still allow.

    `used`, `quota_used` and `caps` count what unfinished broadcasts have promised her, too;
    `promised` is how many of these there are. `next_at` is None when no waiting helps. `reasons`
    are words.
    """

    touches: list[Touch]
    channels: list[ChannelUse]
    caps: list[CapUse]
    used: int
    cap: int
    gap_days: int
    quota_used: int
    quota: int
    promised: int
    is_standing: bool
    next_at: datetime | None
    reasons: list[str]
    is_free: bool


def touch_budget(contact_id: int, *, now: datetime) -> TouchBudget:
    """Six queries. Raises Contact.DoesNotExist."""
    terms = house_terms()
    since = min(now - timedelta(days=SHOWN_DAYS), earliest(terms, now))
    touches = touches_since(contact_id, since)
    past = past_of(touches, terms)
    promises = promises_of(promised_places(contact_id))
    known = person(contact_id, terms)
    facts = counted(known, past, promises, terms, now)
    following: NextMoment = next_moment(terms, facts, now)
    shown = [touch for touch in touches if touch.at >= now - timedelta(days=SHOWN_DAYS)]
    return TouchBudget(
        touches=shown,
        channels=[_use(channel, shown) for channel in Touch.Channel],
        caps=_caps(terms, known, past, promises, now=now),
        used=facts.cap_used,
        cap=terms.monthly_cap,
        gap_days=terms.gap_days,
        quota_used=facts.quota_used,
        quota=terms.quota_limit(now),
        promised=len(promises),
        is_standing=is_standing(terms, contact_id),
        next_at=following.at,
        reasons=[reason_words(reason) for reason in following.reasons],
        is_free=following.at == now,
    )


def _caps(
    terms: Terms, known: Facts, past: list[Past], promises: list[Promise], *, now: datetime
) -> list[CapUse]:
    """Each figure as the rules themselves count it."""

    def facts(**change: str) -> Facts:
        return counted(known, past, promises, replace(terms, **change), now)  # type: ignore[arg-type]

    light, deep = facts(touch_class="light"), facts(touch_class="deep")
    group, moment = facts(channel=GROUP), facts(channel=MOMENT)
    return [
        CapUse(_("Private messages this month"), light.cap_used, terms.monthly_cap),
        CapUse(_("Light touches this month, all channels"), light.class_used, terms.light_cap),
        CapUse(_("Deep touches this month, all channels"), deep.class_used, terms.deep_cap),
        CapUse(_("Touches this month, all channels"), light.total_used, terms.total_cap),
        CapUse(
            _("Days with a touch this month"),
            light.touched_days,
            terms.touch_days_allowed(now) if terms.white_share else None,
        ),
        CapUse(_("Group messages today"), group.day_used, terms.group_daily_cap),
        CapUse(_("Moments today"), moment.day_used, terms.moment_daily_cap),
    ]


def _use(channel: Touch.Channel, touches: list[Touch]) -> ChannelUse:
    mine = [touch.at for touch in touches if touch.channel == channel]
    return ChannelUse(str(channel.label), len(mine), max(mine, default=None))
