"""Broadcasts with a known draw, for the tests of what they brought."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from analytics.models import ContactMetrics, ModelFit
from broadcasts.models import Batch, LinkClick, Recipient, Touch, TrackedLink
from contacts.models import Follow
from tests.analytics.building import NOW, contacts, order, orders
from tests.broadcasts import rows as broadcast_rows
from tests.contacts import rows

FIXED = NOW - timedelta(days=30)
_numbers = count(1)


def sent(*, treated=20, held=10, fixed=FIXED, letters=(), people=None, kept=None, **overrides):
    """A finished broadcast that reached everybody in it an hour after its audience was fixed.

    Its customers are on `people` and `kept`, those given or new ones, alternating between the versions
    of `letters`.
    """
    member = rows.staff()
    people = contacts(treated) if people is None else people
    kept = contacts(held) if kept is None else kept
    treated, held = len(people), len(kept)
    made = broadcast_rows.broadcast(
        **{
            "state": "finished",
            "created_at": fixed - timedelta(days=1),
            "scheduled_at": fixed,
            "window_start": fixed,
            "window_end": fixed + timedelta(hours=8),
            "frozen_at": fixed,
            "finished_at": fixed + timedelta(hours=8),
            "holdout_percent": round(100 * held / (treated + held)) if held else 0,
            **overrides,
        }
    )
    made.chosen, made.held_out = treated, held
    made.save()
    reached = fixed + timedelta(hours=1)
    made.people, made.kept = people, kept
    versions = [made.variants.create(letter=letter, share=50) for letter in letters] or [None]
    for place, version in enumerate(versions):
        of_it = made.people[place :: len(versions)]
        if not of_it:
            continue
        batch = Batch.objects.create(
            broadcast=made,
            staff=member,
            variant=version,
            seq=place,
            size=len(of_it),
            state="accepted",
            msgid=f"msg-{next(_numbers)}",
            intent_at=fixed,
            confirmed_at=reached,
            sent_count=len(of_it),
            is_final=True,
        )
        recipients(made, of_it, state="chosen", batch=batch, staff=member)
        Touch.objects.bulk_create(
            Touch(
                contact=person,
                staff=member,
                channel="private",
                touch_class="light",
                at=reached,
                broadcast=made,
                batch=batch,
            )
            for person in of_it
        )
    recipients(made, made.kept, state="held_out")
    made.member, made.reached = member, reached
    return made


def recipients(made, people, **also):
    Recipient.objects.bulk_create(
        Recipient(broadcast=made, contact=one, external_userid=one.external_userid, **also)
        for one in people
    )


def bought(people, *, after=1, fen=10_000, refunded_fen=0, since=FIXED):
    """One order each, so many days after the audience was fixed."""
    at = since + timedelta(days=after)
    made = []
    for person in people:
        one = order(person, at.date(), fen, refunded_fen=refunded_fen)
        one.paid_at = at
        made.append(one)
    return orders(*made)


def clicked(made, people, *, letter=""):
    link, _new = TrackedLink.objects.get_or_create(
        broadcast=made,
        variant=letter,
        target="https://tea.example.com/",
        defaults={"code": f"code{next(_numbers)}", "created_at": FIXED},
    )
    for person in people:
        LinkClick.objects.create(link=link, contact=person, at=made.reached + timedelta(hours=1))
    return link


def left(made, person):
    Follow.objects.create(
        contact=person,
        staff=made.member,
        added_at=FIXED - timedelta(days=90),
        status="by_contact",
        ended_at=made.reached + timedelta(days=1),
    )


def forecast_of(people, fen):
    """As the nightly fit leaves it."""
    for kind in (ModelFit.Kind.MBGNBD, ModelFit.Kind.MEAN_VALUE):
        ModelFit.objects.get_or_create(
            kind=kind,
            is_current=True,
            defaults={
                "parameters": {},
                "customers": 1,
                "repeaters": 1,
                "log_likelihood": 0,
                "converged": True,
                "data_from": FIXED,
                "data_to": NOW,
                "created_at": NOW,
            },
        )
    day = FIXED.date()
    ContactMetrics.objects.bulk_create(
        ContactMetrics(
            contact=person,
            first_on=day,
            last_on=day,
            purchase_days=1,
            orders=1,
            revenue_fen=1,
            refunded_fen=0,
            first_day_fen=1,
            computed_at=NOW,
            p_alive=0.5,
            expected_orders=1,
            predicted_fen=fen,
            predicted_low_fen=0,
            predicted_high_fen=fen,
            predicted_at=NOW,
        )
        for person in people
    )
