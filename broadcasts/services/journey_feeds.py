"""Start journeys by what happens (旅程触发): read each log once, in its own reader.

What is read and what it starts are one transaction, so that nothing is forgotten or doubled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from broadcasts.models import Journey
from broadcasts.selectors.journey_live import Live, live_journeys
from broadcasts.services.journey_entries import Occasion, expect
from broadcasts.services.journey_exits import leave
from contacts.models import (
    ContactEvent,
    ContactFacts,
    Follow,
    LifecycleTransition,
    Order,
    OrderItem,
    StageReader,
    Tag,
)
from contacts.services.feeds import read_rows, start_reading
from scrm.segments.days import business_day

Kind = ContactEvent.Kind
EVENTS, ORDERS, STAGES = "journeys.events", "journeys.orders", "journeys"
_SLICE = 2_000
_BEGINS = (
    *("new_friend", "channel", "tag_added", "stage", "order_paid", "after_order"),
    *("joined_group", "group_day"),
)


def start_feeds(*, now: datetime) -> None:
    """Begin to read, from now on; called when a journey is published."""
    for name in (EVENTS, ORDERS, STAGES):
        start_reading(name=name, now=now)


def read_feeds(*, now: datetime, most: int = 50) -> int:
    """Read on in every log; how many rows. At most `most` slices each, the rest next time.

    Logs are read on while no journey is active, too, so that no one has to catch up for years.
    """
    if not StageReader.objects.filter(name=EVENTS).exists():
        return 0
    total = 0
    for name, read in (
        (EVENTS, partial(read_rows, log=ContactEvent, handle=partial(_events, now=now))),
        (ORDERS, partial(read_rows, log=Order, handle=partial(_orders, now=now))),
        (STAGES, partial(read_rows, log=LifecycleTransition, handle=partial(_stages, now=now))),
    ):
        for _turn in range(most):
            rows = read(name=name, now=now, limit=_SLICE)
            total += rows
            if rows < _SLICE:
                break
    return total


def _events(events: Sequence[ContactEvent], *, now: datetime) -> None:
    for live in live_journeys("new_friend", "channel", "tag_added", "joined_group", "group_day"):
        # Groups have a day of their own, counted from their opening.
        if live.journey.subject == Journey.Subject.CONTACT:
            expect(live, _EVENT_READERS[live.trigger.kind](live, events), now=now)
    by_kind: dict[str, set[int]] = defaultdict(set)
    for event in events:
        by_kind[event.kind].add(event.contact_id)
    for kind, exit_kind in (
        (Kind.UNFOLLOWED, "unfriended"),
        (Kind.PREFERENCE, "do_not_contact"),
        (Kind.LEFT_GROUP, "left_group"),
    ):
        leave(contact_ids=sorted(by_kind[kind]), kind=exit_kind, now=now)


def _orders(orders: Sequence[Order], *, now: datetime) -> None:
    known = [order for order in orders if order.contact_id is not None]
    for live in live_journeys("order_paid", "after_order"):
        wanted = _with_products(known, live.trigger.products)
        expect(live, (_order_occasion(live, order) for order in wanted), now=now)
    leave(contact_ids=sorted({order.contact_id or 0 for order in known}), kind="ordered", now=now)


def _stages(changes: Sequence[LifecycleTransition], *, now: datetime) -> None:
    for live in live_journeys("stage"):
        trigger = live.trigger
        expect(
            live,
            (
                Occasion(f"stage:{change.pk}", change.at, change.at, change.contact_id)
                for change in changes
                if change.to_stage in trigger.to_stages
                and change.from_stage != change.to_stage
                and (not trigger.from_stages or change.from_stage in trigger.from_stages)
            ),
            now=now,
        )


def _order_occasion(live: Live, order: Order) -> Occasion:
    due_at = order.paid_at
    if live.trigger.kind == "after_order":
        due_at = _day_at(live, order.paid_at, days=live.trigger.days)
    return Occasion(f"order:{order.pk}", order.paid_at, due_at, order.contact_id)


def _with_products(orders: Sequence[Order], products: Sequence[int]) -> list[Order]:
    if not products:
        return list(orders)
    items = OrderItem.objects.filter(
        order__in=[order.pk for order in orders], product__in=list(products)
    )
    wanted = set(items.values_list("order_id", flat=True))
    return [order for order in orders if order.pk in wanted]


def _followed(_live: Live, events: Sequence[ContactEvent]) -> Iterator[Occasion]:
    for event in events:
        if event.kind == Kind.FOLLOWED:
            yield Occasion(f"friend:{event.pk}", event.at, event.at, event.contact_id)


def _by_channel(live: Live, events: Sequence[ContactEvent]) -> Iterator[Occasion]:
    followed = [event for event in events if event.kind == Kind.FOLLOWED]
    pairs = Follow.objects.filter(
        contact__in={event.contact_id for event in followed}, state__in=live.trigger.states
    )
    came = set(pairs.values_list("contact_id", "staff_id"))
    for event in followed:
        if (event.contact_id, event.details.get("staff_id")) in came:
            yield Occasion(f"friend:{event.pk}", event.at, event.at, event.contact_id)


def _tagged(live: Live, events: Sequence[ContactEvent]) -> Iterator[Occasion]:
    """Events name tags by their words, so who is told must carry one of the tags as well."""
    names = set(Tag.objects.filter(pk__in=live.trigger.tags).values_list("name", flat=True))
    told = [
        event
        for event in events
        if event.kind == Kind.TAGGED and names.intersection(event.details.get("tags") or ())
    ]
    facts = ContactFacts.objects.filter(pk__in={event.contact_id for event in told})
    carrying = set(
        facts.filter(tag_ids__overlap=list(live.trigger.tags)).values_list("pk", flat=True)
    )
    for event in told:
        if event.contact_id in carrying:
            yield Occasion(f"tag:{event.pk}", event.at, event.at, event.contact_id)


def _joined(live: Live, events: Sequence[ContactEvent]) -> Iterator[Occasion]:
    wanted = set(live.trigger.groups)
    for event in events:
        group_id = event.details.get("group_id")
        if event.kind != Kind.JOINED_GROUP or (wanted and group_id not in wanted):
            continue
        due_at = event.at
        if live.trigger.kind == "group_day":
            due_at = max(event.at, _day_at(live, event.at, days=live.trigger.days - 1))
        yield Occasion(f"join:{event.pk}", event.at, due_at, event.contact_id, group_id)


def _day_at(live: Live, moment: datetime, *, days: int) -> datetime:
    """The trigger's time of day, so many days after the business day of `moment`."""
    day = business_day(moment) + timedelta(days=days)
    zone = timezone.get_default_timezone()
    return datetime.combine(day, live.trigger.at, zone)


_EVENT_READERS: dict[str, Callable[[Live, Sequence[ContactEvent]], Iterator[Occasion]]] = {
    "new_friend": _followed,
    "channel": _by_channel,
    "tag_added": _tagged,
    "joined_group": _joined,
    "group_day": _joined,
}
