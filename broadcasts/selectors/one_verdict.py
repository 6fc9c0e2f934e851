"""The governor's verdict on one customer (能否触达), by the pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef

from broadcasts.models import Recipient, Touch
from broadcasts.models.broadcast import Broadcast
from broadcasts.policy.decision import Decision, Facts
from broadcasts.policy.governor import decide, rules_for
from broadcasts.policy.history import Past, Promise, counted, earliest
from broadcasts.policy.terms import Terms
from contacts.models import Contact, Follow, Preference, Relation, Staff


def verdict_for(contact_id: int, *, terms: Terms, now: datetime) -> Decision:
    """What `verdicts` would say of her, were she the audience of a broadcast by these terms.

    Five queries. Rivals are asked for a broadcast, not for terms, so nobody is kept for another
    one here. Raises Contact.DoesNotExist.
    """
    past = past_of(touches_since(contact_id, earliest(terms, now)), terms)
    promises = promises_of(promised_places(contact_id))
    facts = counted(person(contact_id, terms), past, promises, terms, now)
    return decide(rules_for(terms), facts, now)


def person(contact_id: int, terms: Terms) -> Facts:
    """Who she is and what she asked of us; nothing is counted yet. Three queries. Raises
    Contact.DoesNotExist.
    """
    contact = Contact.objects.get(pk=contact_id)
    preference = Preference.objects.filter(pk=contact_id).first() or Preference()
    senders = Follow.objects.filter(
        contact=contact_id,
        status=Follow.Status.ACTIVE,
        staff__status=Staff.Status.ACTIVE,
        staff__is_following=True,
    )
    return Facts(
        contact_id=contact_id,
        is_friend=contact.relation == Relation.FRIEND,
        staff_id=senders.order_by("-added_at", "-pk").values_list("staff", flat=True).first(),
        is_do_not_contact=preference.is_do_not_contact,
        pause_until=preference.pause_until,
        is_topic_off=terms.topic in preference.topics_off,
        first_followed_at=contact.first_followed_at,
    )


def touches_since(contact_id: int, since: datetime) -> list[Touch]:
    """What reached her, the newest first, on every channel."""
    return list(
        Touch.objects.filter(contact_id=contact_id, at__gte=since)
        .select_related("broadcast", "staff")
        .order_by("-at", "-pk")
    )


def promised_places(contact_id: int) -> list[Broadcast]:
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


def past_of(touches: Sequence[Touch], terms: Terms) -> list[Past]:
    return [
        Past(
            at=touch.at,
            day=touch.at.astimezone(terms.zone).date(),
            channel=touch.channel,
            touch_class=touch.touch_class,
        )
        for touch in touches
    ]


def promises_of(broadcasts: Sequence[Broadcast]) -> list[Promise]:
    return [Promise(until=one.window_end, touch_class=one.touch_class) for one in broadcasts]
