"""The touches of one customer, against the caps (触达压力)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from broadcasts.models import Recipient, Touch
from broadcasts.models.broadcast import Broadcast
from broadcasts.policy.decision import Facts
from broadcasts.policy.next_moment import NextMoment, next_moment
from broadcasts.policy.terms import Terms
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.reasons import reason_words
from contacts.models import Contact, Follow, Preference, Relation, Staff

SHOWN_DAYS = 30


@dataclass(frozen=True)
class ChannelUse:
    """How often she was reached by one channel in the last 30 days. `last_at` is None for never."""

    label: str
    number: int
    last_at: datetime | None


@dataclass(frozen=True)
class TouchBudget:
    """What one customer got in the last 30 days, and what the rules still allow.

    `used` and `quota_used` count what unfinished broadcasts have promised her, too; `promised` is
    how many of these there are. `next_at` is None when no waiting helps. `reasons` are words.
    """

    touches: list[Touch]
    channels: list[ChannelUse]
    used: int
    cap: int
    gap_days: int
    quota_used: int
    quota: int
    promised: int
    next_at: datetime | None
    reasons: list[str]
    is_free: bool


def touch_budget(contact_id: int, *, now: datetime) -> TouchBudget:
    """Six queries. Raises Contact.DoesNotExist."""
    terms = house_terms()
    touches = _touches(contact_id, terms, now=now)
    promises = _promises(contact_id)
    facts = _facts(contact_id, terms, touches, promises, now=now)
    following: NextMoment = next_moment(terms, facts, now)
    shown = [touch for touch in touches if touch.at >= now - timedelta(days=SHOWN_DAYS)]
    return TouchBudget(
        touches=shown,
        channels=[_use(channel, shown) for channel in Touch.Channel],
        used=facts.cap_used,
        cap=terms.monthly_cap,
        gap_days=terms.gap_days,
        quota_used=facts.quota_used,
        quota=terms.quota_limit(now),
        promised=len(promises),
        next_at=following.at,
        reasons=[reason_words(reason) for reason in following.reasons],
        is_free=following.at == now,
    )


def _touches(contact_id: int, terms: Terms, *, now: datetime) -> list[Touch]:
    earliest = min(
        now - timedelta(days=SHOWN_DAYS),
        terms.quota_since(now),
        terms.month_start(now),
        terms.gap_since(now),
    )
    return list(
        Touch.objects.filter(contact_id=contact_id, at__gte=earliest)
        .select_related("broadcast", "staff")
        .order_by("-at", "-pk")
    )


def _promises(contact_id: int) -> list[Broadcast]:
    """Private broadcasts under way in which she has a place that has neither arrived nor failed."""
    reached = Touch.objects.filter(broadcast=OuterRef("broadcast"), contact=contact_id)
    places = Recipient.objects.filter(
        ~Exists(reached),
        contact=contact_id,
        broadcast__in=Broadcast.objects.filter(
            kind=Broadcast.Kind.PRIVATE, batches__is_final=False
        ).values("pk"),
        batch__is_final=False,
        result="",
    )
    return [place.broadcast for place in places.select_related("broadcast")]


def _facts(
    contact_id: int,
    terms: Terms,
    touches: list[Touch],
    promises: list[Broadcast],
    *,
    now: datetime,
) -> Facts:
    """What the governor would know of her before a private touch now."""
    contact = Contact.objects.get(pk=contact_id)
    preference = Preference.objects.filter(pk=contact_id).first() or Preference()
    sender = Follow.objects.filter(
        contact=contact_id,
        status=Follow.Status.ACTIVE,
        staff__status=Staff.Status.ACTIVE,
        staff__is_following=True,
    )
    private = [touch for touch in touches if touch.channel == Touch.Channel.PRIVATE]
    counted = [touch for touch in private if touch.touch_class != "service"]
    reserved = [one for one in promises if one.touch_class != "service"]
    return Facts(
        contact_id=contact_id,
        is_friend=contact.relation == Relation.FRIEND,
        staff_id=sender.order_by("-added_at", "-pk").values_list("staff", flat=True).first(),
        is_do_not_contact=preference.is_do_not_contact,
        pause_until=preference.pause_until,
        first_followed_at=contact.first_followed_at,
        cap_used=sum(touch.at >= terms.month_start(now) for touch in counted) + len(reserved),
        quota_used=sum(touch.at >= terms.quota_since(now) for touch in private) + len(promises),
        last_touch_at=max((touch.at for touch in counted), default=None),
        reserved_until=max((one.window_end for one in reserved), default=None),
    )


def _use(channel: Touch.Channel, touches: list[Touch]) -> ChannelUse:
    mine = [touch.at for touch in touches if touch.channel == channel]
    return ChannelUse(str(channel.label), len(mine), max(mine, default=None))
