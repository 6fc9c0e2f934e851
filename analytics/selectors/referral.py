"""Referral (转介绍): newcomers whom customers brought, as far as WeCom tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q

from analytics.metrics.referral import Referral
from analytics.periods import Period
from analytics.selectors.months import month_of, months_later
from analytics.selectors.scope import Scope, within
from contacts.models import Contact, Follow
from contacts.models.add_way import AddWay
from scrm.segments.days import business_day

# Somebody passed a staff member's card on to a friend (名片分享). A colleague's passing on is a way
# of its own (201) and no referral; who met in a group may have found the member alone.
BY_CARD = AddWay.CARD


@dataclass(frozen=True)
class ReferralMonth:
    """One calendar month."""

    month: date
    referral: Referral
    is_complete: bool


def referral(scope: Scope, period: Period) -> Referral:
    """Newcomers of the period, and of them those who came by a passed-on card. Two queries."""
    people = within(Contact.objects.all(), scope, "pk")
    existing = people.filter(first_followed_at__lt=period.start).filter(
        Q(lost_at__isnull=True) | Q(lost_at__gte=period.start)
    )
    by_card = Exists(
        Follow.objects.filter(
            contact=OuterRef("pk"), add_way=BY_CARD, added_at__lte=OuterRef("first_followed_at")
        )
    )
    counted = people.filter(
        first_followed_at__gte=period.start, first_followed_at__lt=period.end
    ).aggregate(newcomers=Count("pk"), referred=Count("pk", filter=by_card))
    return Referral(existing=existing.count(), **counted)


def referral_months(scope: Scope, *, now: datetime, months: int = 12) -> Iterator[ReferralMonth]:
    """The last months, oldest first, the running one last. Two queries a month: for the night."""
    today = business_day(now)
    for number in range(1 - months, 1):
        month = months_later(month_of(today), number)
        last = min(date.fromordinal(months_later(month, 1).toordinal() - 1), today)
        yield ReferralMonth(month, referral(scope, Period(month, last)), is_complete=number < 0)
