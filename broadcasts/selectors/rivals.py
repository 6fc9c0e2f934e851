"""Scheduled broadcasts that come before another one with the same customers (冲突群发)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from broadcasts.models import Broadcast, TouchClass
from broadcasts.policy.conflict import Claim, is_rival
from broadcasts.policy.terms import Terms
from broadcasts.selectors.wanted import picked_by
from contacts.selectors.preferences import switched_off
from scrm.segments.parse import RuleError

_WAITING = (Broadcast.State.SCHEDULED, Broadcast.State.FREEZING)


def rivals(broadcast: Broadcast, terms: Terms, *, now: datetime) -> list[Broadcast]:
    """Those whose customers are left to them when this one is fixed at `now`, the first in order
    first; `broadcasts.policy.conflict` says who they are. One query.
    """
    if terms.is_service or not terms.conflict_days:
        return []
    mine = claim_of(broadcast)
    waiting = (
        Broadcast.objects.filter(
            state__in=_WAITING, kind=Broadcast.Kind.PRIVATE, priority__lte=broadcast.priority
        )
        .exclude(touch_class=TouchClass.SERVICE)
        .exclude(pk=broadcast.pk)
        .select_related("created_by", "topic")
    )
    found = [other for other in waiting if is_rival(terms, mine, claim_of(other), now)]
    return sorted(found, key=lambda other: claim_of(other).precedence)


def rivals_of(broadcast: Broadcast, terms: Terms, *, now: datetime) -> Q | None:
    """A condition on ContactFacts: whom a rival picks. None without rivals.

    A rival whose rule can no longer be read has no claim: it will be stopped for that.
    """
    wanted: Q | None = None
    for rival in rivals(broadcast, terms, now=now):
        try:
            picked = picked_by(rival, now=now)
        except RuleError:
            continue
        if rival.topic is not None:
            deaf = switched_off(rival.topic).values("contact_id")
            picked &= ~Q(contact_id__in=deaf)
        wanted = picked if wanted is None else wanted | picked
    return wanted


def claim_of(broadcast: Broadcast) -> Claim:
    # One that is not saved yet is the newest of all.
    key = broadcast.pk or 2**63
    return Claim(key, broadcast.priority, broadcast.window_start, broadcast.window_end)
