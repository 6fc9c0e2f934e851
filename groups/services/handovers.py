"""Order, carry out and cancel hand-overs of groups (群主转交).

WeCom is asked for up to a hundred groups at once. That we ask is written before we do; where no
answer comes, or the worker dies, the groups are read again and tell by their owner what happened.
So no group is handed over twice, and none is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from contacts.models import Staff
from contacts.services.facts import refresh_facts
from groups.models import GroupChat, GroupEvent, GroupHandover, GroupHandoverItem
from groups.selectors.handovers import check_handover
from groups.services.chats import store_chats
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.jobs import enqueue_on_commit
from scrm.wecom.maxima import GROUPS_PER_TRANSFER

State, Item = GroupHandover.State, GroupHandoverItem.State

# Longer than a call with every pause can take.
_LEASE = timedelta(minutes=5)
# WeCom's answers are a moment behind its acts.
_SETTLED = timedelta(seconds=3)
_MISCONFIGURED_PAUSE = timedelta(minutes=5)
_TRIES = 4
_SAME_OWNER = 90504
_IN_PROGRESS, _ALREADY_DONE = 90507, 90508
_FINAL = (Item.DONE, Item.REFUSED, Item.CANCELLED)


def start_handover(
    *,
    owner: Staff,
    new_owner: Staff,
    groups: Sequence[GroupChat],
    now: datetime,
    operator: Operator,
) -> GroupHandover:
    """Order the hand-over of those groups that fit; a worker carries it out.

    Raises InvalidInput when something stands against all of it, or no group is left.
    """
    check = check_handover(owner=owner, new_owner=new_owner, groups=groups, now=now)
    if not check.may_start:
        problem = (check.problems or [_("None of the groups can be handed over.")])[0]
        raise InvalidInput(problem, field="groups")
    try:
        with transaction.atomic():
            handover = GroupHandover.objects.create(
                kind=check.kind,
                owner=owner,
                new_owner=new_owner,
                created_by=operator,
                created_at=now,
                not_before=now,
            )
            GroupHandoverItem.objects.bulk_create(
                GroupHandoverItem(handover=handover, group=group, at=now) for group in check.fitting
            )
            record_act(
                action="group_handover.start",
                operator=operator,
                now=now,
                subject=handover,
                details={
                    "from": owner.userid,
                    "to": new_owner.userid,
                    "groups": len(check.fitting),
                },
            )
            enqueue_on_commit("groups.run_handover", handover_id=handover.pk)
    except IntegrityError:
        raise InvalidInput(
            _("Somebody else has just ordered to hand over one of these groups."), field="groups"
        ) from None
    return handover


@transaction.atomic
def cancel_handover(*, handover_id: int, now: datetime, operator: Operator) -> bool:
    """Stop what WeCom was not asked for yet (取消); False when it was over already.

    Groups that WeCom was just asked for are settled all the same.
    """
    handover = GroupHandover.objects.select_for_update().get(pk=handover_id)
    if handover.is_over:
        return False
    waiting = handover.items.filter(state=Item.WAITING)
    stopped = waiting.update(state=Item.CANCELLED, at=now)
    record_act(
        action="group_handover.cancel",
        operator=operator,
        now=now,
        subject=handover,
        details={"groups": stopped},
    )
    _finish(handover, now=now)
    return True


def work_handover(
    *, handover_id: int, clock: Callable[[], datetime], until: datetime
) -> GroupHandover | None:
    """Carry a hand-over on until it is over, must wait, or the moment `until`.

    Answers it as it stands; None when another worker has it or it is over. Never raises for what
    WeCom says. A worker that dies leaves a lease, behind which the next one goes on.
    """
    now = clock()
    mine = GroupHandover.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        pk=handover_id,
        finished_at__isnull=True,
        not_before__lte=now,
    )
    if not mine.update(state=State.RUNNING, lease_until=now + _LEASE):
        return None
    handover = GroupHandover.objects.select_related("owner", "new_owner").get(pk=handover_id)
    # Whoever held the lease before died in the middle of a call.
    handover.items.filter(state=Item.SUBMITTING).update(state=Item.UNKNOWN)
    wait: timedelta | None = None
    while wait is None and (now := clock()) < until and not handover.is_over:
        GroupHandover.objects.filter(pk=handover_id).update(lease_until=now + _LEASE)
        wait = _step(handover, clock=clock)
    _let_go(handover, wait or timedelta(0), now=clock())
    return handover


def hand_out_due(*, now: datetime) -> int:
    """Queue hand-overs that may go on and that nobody has; answers how many."""
    due = GroupHandover.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        finished_at__isnull=True,
        not_before__lte=now,
    )
    ids = list(due.order_by("not_before").values_list("pk", flat=True)[:50])
    for handover_id in ids:
        enqueue_on_commit("groups.run_handover", handover_id=handover_id)
    return len(ids)


def _step(handover: GroupHandover, *, clock: Callable[[], datetime]) -> timedelta | None:
    """Settle what is unknown, else ask for the next groups; how long to wait, None to go on."""
    unknown = handover.items.filter(state=Item.UNKNOWN).select_related("group").order_by("pk")
    items = list(unknown[:GROUPS_PER_TRANSFER])
    if items:
        return _reconcile(handover, items, clock=clock)
    waiting = handover.items.filter(state=Item.WAITING).select_related("group").order_by("pk")
    items = list(waiting[:GROUPS_PER_TRANSFER])
    if items:
        return _submit(handover, items, clock=clock)
    _finish(handover, now=clock())
    return None


def _submit(
    handover: GroupHandover, items: Sequence[GroupHandoverItem], *, clock: Callable[[], datetime]
) -> timedelta | None:
    """Ask WeCom for these groups. That we do stands in the table before."""
    asked = handover.items.filter(pk__in=[item.pk for item in items], state=Item.WAITING)
    if not asked.update(state=Item.SUBMITTING, tries=F("tries") + 1, at=clock()):
        return None  # cancelled meanwhile
    items = list(
        handover.items.filter(
            pk__in=[item.pk for item in items], state=Item.SUBMITTING
        ).select_related("group")
    )
    gateway = wecom.get_gateway()
    is_resigned = handover.kind == GroupHandover.Kind.RESIGNED
    ask = gateway.transfer_resigned_groups if is_resigned else gateway.transfer_groups
    try:
        receipt = ask(
            chat_ids=[item.group.chat_id for item in items],
            new_owner=handover.new_owner.userid,
            owner=handover.owner.userid,
        )
    except wecom.OutcomeUnknown as error:
        _note(handover, error.advice)
        handover.items.filter(state=Item.SUBMITTING).update(state=Item.UNKNOWN, at=clock())
        return _SETTLED
    except wecom.WeComError as error:
        return _refused_whole(handover, error, now=clock())
    _note(handover, "")
    _settle(handover, items, receipt, now=clock())
    return None


def _refused_whole(
    handover: GroupHandover, error: wecom.WeComError, *, now: datetime
) -> timedelta | None:
    """WeCom did nothing. Wait and ask again where that helps, else every group has its reason."""
    asked = handover.items.filter(state=Item.SUBMITTING)
    if error.retryable or isinstance(error, wecom.Misconfigured):
        asked.update(state=Item.WAITING, tries=F("tries") - 1, at=now)
        _note(handover, error.advice)
        pause = timedelta(seconds=max(1, error.retry_after))
        return pause if error.retryable else _MISCONFIGURED_PAUSE
    asked.update(state=Item.REFUSED, code=error.code, reason=error.advice, at=now)
    return None


@transaction.atomic
def _settle(
    handover: GroupHandover,
    items: Sequence[GroupHandoverItem],
    receipt: wecom.TransferReceipt,
    *,
    now: datetime,
) -> None:
    """Write WeCom's answer, group by group; our tables get the new owner with it."""
    refused = {refusal.id: refusal for refusal in receipt.refused}
    done = []
    for item in items:
        refusal = refused.get(item.group.chat_id)
        if refusal is None or refusal.code == _SAME_OWNER:
            item.state, item.code, item.reason = Item.DONE, 0, ""
            done.append(item.group)
        elif refusal.code in (_IN_PROGRESS, _ALREADY_DONE):
            # What an earlier call of ours, or somebody else, did: the group itself tells.
            item.state, item.code, item.reason = Item.UNKNOWN, refusal.code, refusal.advice
        else:
            item.state, item.code, item.reason = Item.REFUSED, refusal.code, refusal.advice
        item.at = now
    GroupHandoverItem.objects.bulk_update(items, ["state", "code", "reason", "at"])
    _take_over(handover, done, now=now)


def _take_over(handover: GroupHandover, groups: Sequence[GroupChat], *, now: datetime) -> None:
    """The new owner in our tables; our own calls cause no callback."""
    moved = GroupChat.objects.select_for_update().filter(pk__in=[group.pk for group in groups])
    before = dict(moved.exclude(owner=handover.new_owner).values_list("pk", "owner_userid"))
    GroupChat.objects.filter(pk__in=before).update(
        owner=handover.new_owner,
        owner_userid=handover.new_owner.userid,
        status=GroupChat.Status.NORMAL,
    )
    GroupEvent.objects.bulk_create(
        GroupEvent(
            group_id=pk,
            kind=GroupEvent.Kind.OWNER,
            at=now,
            before=userid,
            after=handover.new_owner.userid,
        )
        for pk, userid in before.items()
    )


def _reconcile(
    handover: GroupHandover, items: Sequence[GroupHandoverItem], *, clock: Callable[[], datetime]
) -> timedelta | None:
    """Read each group again: who owns it now tells whether it was handed over."""
    if max(item.at for item in items) + _SETTLED > clock():
        return _SETTLED
    gateway = wecom.get_gateway()
    for item in items:
        try:
            detail = gateway.group_chat(item.group.chat_id)
        except wecom.NotFound as error:
            _judge(item, Item.REFUSED, error.code, error.advice, now=clock())
            continue
        except wecom.WeComError as error:
            _note(handover, error.advice)
            pause = _MISCONFIGURED_PAUSE if not error.retryable else timedelta(0)
            return max(pause, timedelta(seconds=error.retry_after), _SETTLED)
        now = clock()
        with transaction.atomic():
            stored = store_chats([detail], statuses={}, now=now)
            refresh_facts(contact_ids=stored.contact_ids)
            if detail.owner.lower() == handover.new_owner.userid.lower():
                _judge(item, Item.DONE, 0, "", now=now)
            elif item.tries >= _TRIES or item.code:
                reason = item.reason or _("WeCom gave no readable answer, several times.")
                _judge(item, Item.REFUSED, item.code, reason, now=now)
            else:
                _judge(item, Item.WAITING, 0, "", now=now)
    return None


def _judge(item: GroupHandoverItem, state: str, code: int, reason: str, *, now: datetime) -> None:
    GroupHandoverItem.objects.filter(pk=item.pk, state=Item.UNKNOWN).update(
        state=state, code=code, reason=reason, at=now
    )


def _note(handover: GroupHandover, note: str) -> None:
    GroupHandover.objects.filter(pk=handover.pk).update(note=note)


def _finish(handover: GroupHandover, *, now: datetime) -> None:
    """Over when no group is left; cancelled when one was."""
    if handover.items.exclude(state__in=_FINAL).exists():
        return
    was_cancelled = handover.items.filter(state=Item.CANCELLED).exists()
    handover.state = State.CANCELLED if was_cancelled else State.DONE
    handover.finished_at, handover.lease_until, handover.note = now, None, ""
    handover.save(update_fields=["state", "finished_at", "lease_until", "note"])


def _let_go(handover: GroupHandover, wait: timedelta, *, now: datetime) -> None:
    live = GroupHandover.objects.filter(pk=handover.pk, finished_at__isnull=True)
    live.update(lease_until=None, not_before=now + wait)
    handover.refresh_from_db()
