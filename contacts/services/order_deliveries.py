"""What shops send: kept first, taken by a worker, looked at and taken again by operators."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import connection, transaction

from contacts.models import OrderDelivery, OrderEntry, OrderSource
from contacts.rules.order_lines import Fault
from contacts.services.order_intake import Taken, take_rows
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.jobs import enqueue_on_commit

log = logging.getLogger(__name__)

State = OrderDelivery.State
# They hold personal data of buyers, so they are not kept for ever.
KEPT = timedelta(days=30)
_KEPT_WHEN_REFUSED = timedelta(days=90)
# A refund may overtake its order by this much; then it is refused for good.
_WAITS_FOR_ORDERS = timedelta(hours=24)
_MOST_ATTEMPTS = 10
_LONGEST_PAUSE = 3600
_CLEARED_AT_ONCE = 2_000

_STORE = """
INSERT INTO contacts_orderdelivery (source_id, digest, body, received_at, state, attempts, due_at,
    counts, refused, error)
VALUES (%s, %s, %s, %s, 'waiting', 0, %s, '{}', '[]', '')
ON CONFLICT (digest) DO NOTHING
"""


def store(
    *, source: OrderSource, timestamp: int, body: bytes, now: datetime
) -> tuple[OrderDelivery, bool]:
    """Keep one verified message; the flag is False when the same was kept before.

    Raises DatabaseError when it could not be kept: then the shop must be told to repeat it.
    """
    digest = sha256(f"{source.pk}.{timestamp}.".encode() + body).hexdigest()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_STORE, [source.pk, digest, body.decode(), now, now])
            is_new = bool(cursor.rowcount)
        delivery = OrderDelivery.objects.get(digest=digest)
        if is_new:
            enqueue_on_commit("contacts.take_order_deliveries")
    return delivery, is_new


def take_due(*, now: datetime, limit: int = 200) -> int:
    """Book what waits, source by source in the order of arrival; answers how many were handled."""
    handled = 0
    while handled < limit and _take_next(now=now):
        handled += 1
    return handled


def replay(
    *, source: OrderSource, delivery_ids: Iterable[int] | None, operator: Operator, now: datetime
) -> int:
    """Take again what was refused: of these deliveries, or of all that failed (None); how many.

    Rows that were booked are not booked again, so an old message never undoes a newer one.
    """
    chosen = OrderDelivery.objects.filter(source=source, state__in=[State.PARTLY, State.FAILED])
    if delivery_ids is not None:
        chosen = chosen.filter(pk__in=list(delivery_ids))
    with transaction.atomic():
        again = chosen.update(state=State.WAITING, attempts=0, due_at=now, error="")
        if again:
            details = {"deliveries": again}
            record_act(
                action="order_source.replay",
                operator=operator,
                now=now,
                subject=source,
                details=details,
            )
            enqueue_on_commit("contacts.take_order_deliveries")
    return again


def clear(*, now: datetime) -> int:
    """Remove old messages, some at a time; those with refused rows are kept longer."""
    old = OrderDelivery.objects.exclude(state=State.WAITING).filter(received_at__lt=now - KEPT)
    young = {"received_at__gte": now - _KEPT_WHEN_REFUSED}
    old = old.exclude(state__in=[State.PARTLY, State.FAILED], **young)
    chosen = list(old.order_by("received_at").values_list("pk", flat=True)[:_CLEARED_AT_ONCE])
    removed, _models = OrderDelivery.objects.filter(pk__in=chosen).delete()
    return removed


def _take_next(*, now: datetime) -> bool:
    with transaction.atomic():
        delivery = (
            OrderDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("source")
            .filter(state=State.WAITING, due_at__lte=now)
            .order_by("due_at", "pk")
            .first()
        )
        if delivery is None or not _alone_in(delivery.source_id):
            return False
        _take(delivery, now=now)
    return True


def _alone_in(source_id: int) -> bool:
    """Messages of one shop are taken one after the other, else the older total could win."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('contacts.deliveries', %s))",
            [source_id],
        )
        return bool(cursor.fetchone()[0])


def _take(delivery: OrderDelivery, *, now: datetime) -> None:
    delivery.attempts += 1
    try:
        with transaction.atomic():
            told = _rows(delivery)
            taken = take_rows(
                source=delivery.source.name,
                orders=told["orders"],
                refunds=told["refunds"],
                now=now,
                origin=OrderEntry.Origin.HOOK,
            )
    except Exception as error:
        # Whatever it is, the message is safe and comes again; the next ones must not wait for it.
        log.exception("delivery %s of %s was not taken", delivery.pk, delivery.source.name)
        _end(delivery, State.FAILED, now=now, waits=delivery.attempts < _MOST_ATTEMPTS)
        delivery.error = type(error).__name__
    else:
        _note(delivery, taken, now=now)
    delivery.save()


def _rows(delivery: OrderDelivery) -> dict[str, list[tuple[int, object]]]:
    """The rows with their places; after a first handling only those that were refused."""
    told = json.loads(delivery.body)
    rows = {name: list(enumerate(told.get(name) or ())) for name in ("orders", "refunds")}
    if delivery.handled_at is None:
        return rows
    open_rows = {(refusal["list"], refusal["row"]) for refusal in delivery.refused}
    return {
        name: [(place, row) for place, row in some if (name, place) in open_rows]
        for name, some in rows.items()
    }


def _note(delivery: OrderDelivery, taken: Taken, *, now: datetime) -> None:
    counts = taken.counts()
    delivery.counts = {
        name: delivery.counts.get(name, 0) + number for name, number in counts.items()
    }
    delivery.refused = [refusal.as_json() for refusal in taken.refused]
    delivery.error = ""
    waits = any(refusal.code == Fault.UNKNOWN_ORDER for refusal in taken.refused)
    if not taken.refused:
        state = State.DONE
    elif any(delivery.counts.values()):
        state = State.PARTLY
    else:
        state = State.FAILED
    _end(delivery, state, now=now, waits=waits and now < delivery.received_at + _WAITS_FOR_ORDERS)
    delivery.handled_at = now


def _end(delivery: OrderDelivery, state: State, *, now: datetime, waits: bool) -> None:
    if waits:
        pause = min(_LONGEST_PAUSE, 30 * 2**delivery.attempts)
        delivery.due_at = now + timedelta(seconds=pause)
    else:
        delivery.state, delivery.due_at = state, None
