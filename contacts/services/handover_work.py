"""Carry a hand-over out (交接执行): ask WeCom a hundred customers at a time, look after a day.

Whom a call is about is written before it is made. After a silence or a killed worker WeCom's own
list of results says whether it heard us, before anything is repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils.translation import gettext as _

from contacts.models import Follow, Handover, HandoverItem, HandoverMode
from contacts.rules.handover import PER_CALL, WAIT, poll_gap
from contacts.services.callbacks import reread_contact
from contacts.services.relations import end_by
from scrm import wecom
from scrm.jobs import enqueue_on_commit

log = logging.getLogger(__name__)

State = HandoverItem.State

# Longer than a call can take; after a silence WeCom's list surely shows by then what it heard.
_LEASE = timedelta(minutes=2)
_HANDED_AGAIN = timedelta(minutes=2)
_MISCONFIGURED_PAUSE = timedelta(minutes=5)
_REREADS_AT_ONCE = 50
# WeCom's clock and ours may differ by this much.
_CLOCKS = timedelta(minutes=5)
# WeCom moves a customer after a day. Of whom it has said nothing for a week, it never will.
_GIVEN_UP = timedelta(days=7)
_RECEIVER_FULL, _IN_TRANSFER = 40099, 40100
_STATES = {1: State.DONE, 2: State.ASKED, 3: State.REFUSED, 4: State.FULL}


def work_handover(*, handover_id: int, clock: Callable[[], datetime], until: datetime) -> None:
    """Do whatever is due until the moment `until`; `next_at` says when there is more to do.

    Several workers may do so at once. Never raises for what WeCom says.
    """
    while clock() < until:
        handover = (
            Handover.objects.select_related("giver", "receiver")
            .filter(pk=handover_id, finished_at__isnull=True)
            .first()
        )
        if handover is None:
            return
        try:
            worked = (
                _clear_up(handover, now=clock())
                or _ask(handover, now=clock())
                or _look(handover, now=clock())
                or _reread(handover, now=clock())
            )
        except wecom.WeComError as error:
            _pause(handover, error, now=clock())
            return
        if not worked:
            _rest(handover, now=clock())
            return


def hand_out_due_handovers(*, now: datetime) -> int:
    """Queue hand-overs that have something to do."""
    due = Handover.objects.filter(finished_at__isnull=True, next_at__lte=now).order_by("next_at")
    ids = list(due.values_list("pk", flat=True)[:100])
    Handover.objects.filter(pk__in=ids).update(next_at=now + _HANDED_AGAIN)
    for handover_id in ids:
        enqueue_on_commit("contacts.run_handover", handover_id=handover_id)
    return len(ids)


def _ask(handover: Handover, *, now: datetime) -> bool:
    """Hand the next customers to WeCom; False when none is left to ask for."""
    items = _claim(handover, now=now)
    if not items:
        return False
    gateway = wecom.get_gateway()
    pair = {"handover": handover.giver.userid, "takeover": handover.receiver.userid}
    ids = [item.contact.external_userid for item in items]
    try:
        if handover.mode == HandoverMode.RESIGNED:
            receipt = gateway.transfer_resigned_contacts(**pair, external_userids=ids)
        else:
            receipt = gateway.transfer_contacts(
                **pair, external_userids=ids, message=handover.message
            )
    except wecom.OutcomeUnknown:
        return True  # the lease runs out, then WeCom's list is read
    except wecom.Refused as error:
        if error.retryable or isinstance(error, wecom.Misconfigured):
            _of(items).update(state=State.WAITING, asked_at=None, due_at=now)
            raise
        _of(items).update(state=State.FAILED, code=error.code, settled_at=now)
        return True
    _record(items, receipt, now=now)
    return True


@transaction.atomic
def _claim(handover: Handover, *, now: datetime) -> list[HandoverItem]:
    waiting = HandoverItem.objects.select_related("contact").select_for_update(
        of=("self",), skip_locked=True
    )
    items = list(waiting.filter(handover=handover, state=State.WAITING).order_by("pk")[:PER_CALL])
    for item in items:
        item.tries += 1
    HandoverItem.objects.bulk_update(items, ["tries"])
    _of(items).update(state=State.ASKING, asked_at=now, due_at=now + _LEASE)
    for item in items:
        item.asked_at = now
    return items


@transaction.atomic
def _record(
    items: Sequence[HandoverItem], receipt: wecom.TransferReceipt, *, now: datetime
) -> None:
    codes = {refusal.id: refusal.code for refusal in receipt.refused}
    asking = _of(items).filter(state=State.ASKING)

    def named(wanted: Callable[[int], bool]) -> list[int]:
        return [i.pk for i in items if wanted(codes.get(i.contact.external_userid, 0))]

    accepted = named(lambda code: code == 0)
    asking.filter(pk__in=accepted).update(state=State.ASKED, due_at=now + WAIT, code=0)
    # Perhaps it was our own call, whose answer was lost: WeCom's list tells.
    doubtful = named(lambda code: code == _IN_TRANSFER)
    asking.filter(pk__in=doubtful).update(due_at=now, code=_IN_TRANSFER)
    for code in {*codes.values()} - {0, _IN_TRANSFER}:
        state = State.FULL if code == _RECEIVER_FULL else State.FAILED
        same = named(lambda found, code=code: found == code)  # type: ignore[misc]
        asking.filter(pk__in=same).update(state=state, code=code, settled_at=now)
    if accepted:
        Handover.objects.filter(pk=items[0].handover_id, poll_at__isnull=True).update(
            poll_at=now + poll_gap(0)
        )


def _clear_up(handover: Handover, *, now: datetime) -> bool:
    """Calls whose answer never came: what WeCom's list shows was heard, the rest is asked again."""
    open_ones = handover.items.filter(state=State.ASKING, due_at__lte=now)
    items = list(open_ones.select_related("contact"))
    if not items:
        return False
    heard = _results(handover)
    for item in items:
        result = heard.get(item.contact.external_userid)
        if result is not None and _is_of(item, result):
            _settle([item], result, now=now)
        elif item.code == _IN_TRANSFER:
            _of([item]).filter(state=State.ASKING).update(state=State.FAILED, settled_at=now)
        else:
            _of([item]).filter(state=State.ASKING).update(
                state=State.WAITING, asked_at=None, due_at=now
            )
    Handover.objects.filter(pk=handover.pk, poll_at__isnull=True).update(poll_at=now + poll_gap(0))
    return True


def _look(handover: Handover, *, now: datetime) -> bool:
    """Read WeCom's results once they are due; the gaps grow, and end when a customer's day does."""
    if handover.poll_at is None or handover.poll_at > now:
        return False
    asked = list(handover.items.filter(state=State.ASKED).select_related("contact"))
    heard = _results(handover) if asked else {}
    for item in asked:
        result = heard.get(item.contact.external_userid)
        if result is not None and _is_of(item, result):
            _settle([item], result, now=now)
        elif item.asked_at is not None and item.asked_at < now - _GIVEN_UP:
            _of([item]).update(state=State.FAILED, settled_at=now)
    left = handover.items.filter(state=State.ASKED)
    first_due = left.filter(due_at__gt=now).aggregate(at=Min("due_at"))["at"]
    following = now + poll_gap(handover.polls)
    if first_due is not None:
        following = min(following, first_due + timedelta(minutes=1))
    Handover.objects.filter(pk=handover.pk).update(
        polls=handover.polls + 1, poll_at=following if left.exists() else None
    )
    return True


def _results(handover: Handover) -> dict[str, wecom.TransferResult]:
    gateway = wecom.get_gateway()
    pair = {"handover": handover.giver.userid, "takeover": handover.receiver.userid}
    if handover.mode == HandoverMode.RESIGNED:
        found: Iterator[wecom.TransferResult] = gateway.resigned_transfer_results(**pair)
    else:
        found = gateway.transfer_results(**pair)
    return {result.external_userid: result for result in found}


def _is_of(item: HandoverItem, result: wecom.TransferResult) -> bool:
    """Whether a result is of this hand-over: the list holds earlier ones of the same two staff."""
    if result.at is not None and item.asked_at is not None:
        return result.at >= item.asked_at - _CLOCKS
    # Refusals carry no time. An earlier one of the same two was settled before this was asked.
    earlier = HandoverItem.objects.filter(
        contact=item.contact_id,
        handover__giver=item.handover.giver_id,
        handover__receiver=item.handover.receiver_id,
        state__in=[State.REFUSED, State.FULL],
        settled_at__lte=item.asked_at,
    )
    return item.state == State.ASKED or not earlier.exists()


def _settle(items: Sequence[HandoverItem], result: wecom.TransferResult, *, now: datetime) -> None:
    state = _STATES.get(result.status)
    if state is None:
        return
    live = _of(items).filter(state__in=[State.ASKING, State.ASKED])
    if state == State.ASKED:
        live.update(state=state, due_at=result.at, code=0)
    else:
        at = min(result.at, now) if result.at else now
        live.update(state=state, settled_at=at, code=0)


def _reread(handover: Handover, *, now: datetime) -> bool:
    """Let our tables learn the new relations; WeCom tells of some of them by events, not of all."""
    moved = handover.items.filter(state=State.DONE, reread_at__isnull=True)
    items = list(moved.select_related("contact").order_by("pk")[:_REREADS_AT_ONCE])
    for item in items:
        external_userid = item.contact.external_userid
        with transaction.atomic():
            end_by(
                external_userid=external_userid,
                userid=handover.giver.userid,
                status=Follow.Status.HANDED_OVER,
                at=item.settled_at or now,
            )
            reread_contact(external_userid, now=now)
            _of([item]).update(reread_at=now)
    return bool(items)


def _rest(handover: Handover, *, now: datetime) -> None:
    """Nothing is due: say when something will be, or that it is over."""
    items = handover.items
    if not items.filter(state__in=HandoverItem.LIVE).exists():
        Handover.objects.filter(pk=handover.pk, finished_at__isnull=True).update(
            state=Handover.State.FINISHED, finished_at=now, problem="", problem_code=0
        )
        return
    leased = items.filter(state=State.ASKING).aggregate(at=Min("due_at"))["at"]
    times = [at for at in (leased, handover.poll_at) if at is not None]
    is_asking = items.filter(Q(state=State.WAITING) | Q(state=State.ASKING)).exists()
    Handover.objects.filter(pk=handover.pk, finished_at__isnull=True).update(
        next_at=max(min(times), now) if times else now + _HANDED_AGAIN,
        state=Handover.State.ASKING if is_asking else Handover.State.WAITING,
        problem="",
        problem_code=0,
    )


def _pause(handover: Handover, error: wecom.WeComError, *, now: datetime) -> None:
    """WeCom cannot be asked at all now; the page says why, and it goes on by itself."""
    pause = timedelta(seconds=max(5, error.retry_after))
    if not error.retryable:
        pause = _MISCONFIGURED_PAUSE
    log.warning("hand-over %s waits: %s", handover.pk, error)
    Handover.objects.filter(pk=handover.pk).update(
        next_at=now + pause,
        problem=(error.advice or _("WeCom refused."))[:256],
        problem_code=error.code,
    )


def _of(items: Iterable[HandoverItem]) -> QuerySet[HandoverItem]:
    return HandoverItem.objects.filter(pk__in=[item.pk for item in items])
