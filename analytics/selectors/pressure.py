"""How hard customers are pressed (触达压力): messages of the last 30 days against the house's caps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from analytics.metrics.ratios import ratio
from analytics.selectors.scope import Scope, within
from broadcasts.models import Touch, TouchClass
from broadcasts.selectors.policy import house_terms
from contacts.models import Contact, Relation

DAYS = 30


@dataclass(frozen=True)
class Pressure:
    """Touches of friends in the last 30 days, service left out. `at_cap` had as many private
    messages as a month allows (`cap`), or more.
    """

    friends: int
    touched: int
    touches: int
    private: int
    at_cap: int
    cap: int

    @property
    def per_friend(self) -> float | None:
        return ratio(self.touches, self.friends)

    @property
    def private_per_friend(self) -> float | None:
        return ratio(self.private, self.friends)

    @property
    def at_cap_share(self) -> float | None:
        return ratio(self.at_cap, self.friends)

    @property
    def touched_share(self) -> float | None:
        return ratio(self.touched, self.friends)


def pressure(scope: Scope, *, now: datetime) -> Pressure:
    """Three queries."""
    cap = house_terms().monthly_cap
    friends = within(Contact.objects.filter(relation=Relation.FRIEND), scope, "pk")
    touches = within(Touch.objects.filter(at__gte=now - timedelta(days=DAYS), at__lte=now), scope)
    by_customer = (
        touches.exclude(touch_class=TouchClass.SERVICE)
        .filter(contact__relation=Relation.FRIEND)
        .order_by()
        .values("contact_id")
        .annotate(number=Count("pk"), private=Count("pk", filter=Q(channel=Touch.Channel.PRIVATE)))
    )
    counted = by_customer.aggregate(
        touched=Count("contact_id"),
        touches=Sum("number", default=0),
        private_sum=Sum("private", default=0),
        at_cap=Count("contact_id", filter=Q(private__gte=cap)),
    )
    return Pressure(
        friends=friends.count(),
        touched=counted["touched"],
        touches=int(counted["touches"]),
        private=int(counted["private_sum"]),
        at_cap=counted["at_cap"],
        cap=cap,
    )
