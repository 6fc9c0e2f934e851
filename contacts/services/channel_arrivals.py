"""What a channel does for everybody who comes by it: tags, begin of the remark, description.

An arrival is a row, written by the callback or, when that never came, by the tick. A worker
takes it with a lease; every step may be repeated, so one that was killed is taken again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext

from contacts.models import Channel, ChannelArrival, Follow, TagJob
from contacts.services.remarks import store_remark
from contacts.services.tag_marking import mark, order_of
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.jobs import enqueue_on_commit
from scrm.wecom.maxima import REMARK_CHARS

# Who came earlier is an old friend that a sync has found, and is not greeted any more.
_FRESH = timedelta(days=3)
_LEASE = timedelta(minutes=5)
_BACK_OFF = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_TRIES = 12
_AT_ONCE = 50

# WeCom's clock may be some minutes behind ours.
_ARRIVALS = """
INSERT INTO contacts_channelarrival
    (channel_id, follow_id, added_at, state, due_at, tries, problem)
SELECT ch.id, f.id, f.added_at, 'waiting', %(now)s, 0, ''
FROM contacts_channel ch
JOIN contacts_follow f ON f.state = ch.state
    AND f.added_at >= greatest(ch.greets_since - interval '5 minutes', %(fresh)s)
WHERE ch.greets_since IS NOT NULL AND f.status = 'active'
    AND (%(contact)s IS NULL OR f.contact_id = (
        SELECT id FROM contacts_contact WHERE external_userid = %(contact)s))
ORDER BY f.id
ON CONFLICT (follow_id, added_at) DO NOTHING
"""


def note_arrivals(*, now: datetime, external_userid: str | None = None) -> int:
    """Write down who came by channels that greet, of one customer or of all; answers how many.

    After one customer, channels whose staff have a daily cap are looked at, too.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _ARRIVALS,
            {
                "now": now,
                "fresh": now - _FRESH,
                "contact": external_userid,
            },
        )
        noted = int(cursor.rowcount)
    if noted:
        enqueue_on_commit("contacts.greet_arrivals")
    if external_userid is not None:
        came_by = Follow.objects.filter(contact__external_userid=external_userid)
        capped = Channel.objects.filter(
            state__in=came_by.exclude(state="").values("state"),
            daily_cap__isnull=False,
            status=Channel.Status.LIVE,
        )
        ids = list(capped.values_list("pk", flat=True))
        if ids:
            enqueue_on_commit("contacts.push_channels", channel_ids=ids)
    return noted


def greet_arrivals(*, clock: Callable[[], datetime], until: datetime) -> int:
    """Do what is due for newcomers, one after the other, until a moment; counts those done."""
    done = 0
    while clock() < until:
        due = ChannelArrival.objects.filter(
            state=ChannelArrival.State.WAITING, due_at__lte=clock()
        ).order_by("due_at")
        ids = list(due.values_list("pk", flat=True)[:_AT_ONCE])
        if not ids:
            break
        for pk in ids:
            if clock() >= until:
                break
            done += greet(arrival_id=pk, now=clock())
    return done


def greet(*, arrival_id: int, now: datetime) -> bool:
    """Tags, remark and description of one newcomer; False when not now or not for ever."""
    waiting = ChannelArrival.objects.filter(pk=arrival_id, state=ChannelArrival.State.WAITING)
    lease = now + _LEASE
    if not waiting.filter(due_at__lte=now).update(due_at=lease):
        return False
    arrival = ChannelArrival.objects.select_related(
        "channel", "follow__contact", "follow__staff"
    ).get(pk=arrival_id)
    mine = waiting.filter(due_at=lease)
    if arrival.follow.status != Follow.Status.ACTIVE:
        problem = gettext("They are not in contact any more.")
        mine.update(state=ChannelArrival.State.FAILED, problem=problem)
        return False
    try:
        _remark(arrival, now=now)
        problem = _mark(arrival, now=now)
    except wecom.WeComError as error:
        mine.update(**_after(arrival, error, now=now))
        return False
    if problem:
        mine.update(state=ChannelArrival.State.FAILED, problem=problem[:256])
        return False
    return bool(mine.update(state=ChannelArrival.State.DONE, problem=""))


def greet_again(*, channel_id: int, operator: Operator, now: datetime) -> int:
    """Let what failed for a channel's newcomers be tried anew; answers how many."""
    failed = ChannelArrival.objects.filter(channel_id=channel_id, state=ChannelArrival.State.FAILED)
    with transaction.atomic():
        number = failed.update(state=ChannelArrival.State.WAITING, due_at=now, tries=0)
        record_act(
            action="channel.greet_again",
            operator=operator,
            now=now,
            subject=Channel.objects.get(pk=channel_id),
            details={"newcomers": number},
        )
        if number:
            enqueue_on_commit("contacts.greet_arrivals")
    return number


def _remark(arrival: ChannelArrival, *, now: datetime) -> None:
    """Only where nobody has written anything yet: what staff wrote stands."""
    channel, follow = arrival.channel, arrival.follow
    name = follow.contact.name
    remark, description = follow.remark, follow.description
    if channel.remark_prefix and follow.remark in ("", name, name[:REMARK_CHARS]):
        remark = f"{channel.remark_prefix}{name}"[:REMARK_CHARS]
    if channel.note and not follow.description:
        description = channel.note
    if (remark, description) == (follow.remark, follow.description):
        return
    wecom.get_gateway().remark_contact(
        userid=follow.staff.userid,
        external_userid=follow.contact.external_userid,
        remark=remark if remark != follow.remark else None,
        description=description if description != follow.description else None,
    )
    store_remark(follow.pk, remark, description, operator=None, now=now)


def _mark(arrival: ChannelArrival, *, now: datetime) -> str:
    """Put the channel's tags on; answers what failed for good. Raises WeComError to try later."""
    tags = list(arrival.channel.tags.filter(is_gone=False).values_list("pk", flat=True))
    if not tags:
        return ""
    # An order like that of a tagging job, for one relation, which nobody needs to keep.
    order = order_of(TagJob(add_tag_ids=tags, staff_ids=[arrival.follow.staff_id]))
    outcome = mark(order, [arrival.follow.contact_id], now=now)
    if outcome.halt is not None:
        raise outcome.halt
    for _staff_id, error in outcome.again.values():
        raise error or wecom.Busy()
    return "; ".join(str(problem.label) for _c, _s, problem, _code in outcome.failures)


def _after(arrival: ChannelArrival, error: wecom.WeComError, *, now: datetime) -> dict[str, object]:
    told: dict[str, object] = {"problem": f"{error.advice} ({error.code})"[:256]}
    may_repeat = error.retryable or isinstance(error, wecom.OutcomeUnknown | wecom.Misconfigured)
    if not may_repeat or arrival.tries + 1 >= _TRIES:
        return {**told, "state": ChannelArrival.State.FAILED}
    wait = max(_BACK_OFF * 2**arrival.tries, timedelta(seconds=error.retry_after))
    return {**told, "tries": arrival.tries + 1, "due_at": now + min(wait, _LONGEST_WAIT)}
