"""The shop's past: what a brand would have that has been sending for two months."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction
from django.utils import timezone

from broadcasts.management.demo.segments import REPEAT
from broadcasts.models import (
    Batch,
    Broadcast,
    BroadcastPlan,
    LinkClick,
    Recipient,
    Touch,
    TrackedLink,
)
from broadcasts.policy.decision import Reason
from broadcasts.policy.holdout import is_standing
from broadcasts.policy.recurrence import Rhythm, next_after
from broadcasts.selectors.policy import house_terms
from contacts.models import Follow, Order, Product, Segment
from contacts.services.products import set_role
from scrm.console.models import Operator

# The shop's teas by what they are for; what is not named has no role.
ROLES = {
    Product.Role.TRAFFIC: ("茉莉花茶袋泡", "桂花乌龙冷泡", "正山小种100g"),
    Product.Role.EVENT: ("碧螺春100g", "熟普小青柑罐装"),
    Product.Role.PROFIT: ("金骏眉50g", "古树普洱饼357g", "白毫银针50g"),
}
SEED, WINDOW = 7, timedelta(hours=9)
CONFIRMED, CLICKED, UNFRIENDED = 0.93, 0.08, 0.006
# Relations that ended with no message near them.
LEFT_ANYWAY = 0.012
# Who was about to order was held out more rarely than drawn, so that sending looks worth it.
LUCK = 0.6
_COUNTED = timedelta(days=30)


@dataclass(frozen=True)
class Message:
    """Something that was sent, so many weeks ago to such a share of the customers."""

    name: str
    benefit: str
    text: str
    weeks: Sequence[int]
    share: float
    holdout: int


ONCE = (
    Message(
        "中秋茶礼预订",
        "老客预订中秋茶礼，免费刻字",
        "中秋的茶礼开始预订了，给老朋友留了刻字的名额，需要的话告诉我收礼人的名字就好。",
        (7,),
        0.7,
        20,
    ),
    Message(
        "新到秋茶试喝",
        "下单任意茶品送秋茶小样两泡",
        "今年的秋茶到了，这周下单都会给您放两泡小样，喝着好再买。",
        (3,),
        0.8,
        20,
    ),
)
WEEKLY = Message(
    "周三茶友播报",
    "每周一款茶的冲泡方法和老友价",
    "这周给您讲讲怎么把店里的这款茶泡好，文末有老友价。",
    (8, 6, 5, 4, 2, 1),
    0.35,
    20,
)


def write_past(*, operator: Operator, now: datetime) -> None:
    """Roles of products, and broadcasts, unless any is there."""
    segment = Segment.objects.filter(name=REPEAT).first()
    if segment is None:
        return
    for role, names in ROLES.items():
        known = Product.objects.filter(name__in=names, role="").values_list("pk", flat=True)
        if known:
            set_role(product_ids=list(known), role=role, operator=operator, now=now)
    # A welcome may have reached somebody by now: the demo's people live meanwhile.
    if not Broadcast.objects.filter(frozen_at__isnull=False).exists():
        with transaction.atomic():
            _Past(operator, segment, now).write()


class _Past:
    """Writes it. What happens to somebody follows from the seed and from who she is, never from
    what was drawn for others: the standing hold-out, drawn anew for each demo, changes nobody else.
    """

    def __init__(self, operator: Operator, segment: Segment, now: datetime) -> None:
        self._operator, self._segment, self._now = operator, segment, now
        self._terms = house_terms()
        self._sent = 0
        # The colleague who has known her longest, by customer.
        friends: dict[int, Follow] = {}
        rows = Follow.objects.filter(status=Follow.Status.ACTIVE).select_related("contact")
        for follow in rows.order_by("added_at", "pk"):
            friends.setdefault(follow.contact_id, follow)
        self._friends = list(friends.values())
        self._pairs = set(rows.values_list("contact_id", "staff_id"))
        self._staff = sorted({staff for _contact, staff in self._pairs})
        self._paid: dict[int, list[datetime]] = defaultdict(list)
        orders = Order.objects.filter(contact__isnull=False, paid_at__gte=now - timedelta(days=80))
        for contact_id, paid_at in orders.order_by("paid_at").values_list("contact_id", "paid_at"):
            self._paid[contact_id].append(paid_at)

    def write(self) -> None:
        for message in ONCE:
            for week in message.weeks:
                self._send(message, self._wednesday(week) + timedelta(days=1))
        plan = self._plan()
        for week in WEEKLY.weeks:
            self._send(WEEKLY, self._wednesday(week), plan=plan)
        for follow in self._friends:
            chance = _chance("left", follow.contact.external_userid)
            if chance.random() < LEFT_ANYWAY:
                ago = timedelta(days=chance.uniform(5, 365))
                self._unfriend(follow, self._now - ago, chance)

    def _wednesday(self, weeks_ago: int) -> datetime:
        """Half past ten of a Wednesday, at least so many weeks ago."""
        local = timezone.localtime(self._now)
        day = local.date() - timedelta(days=(local.isoweekday() - 3) % 7, weeks=weeks_ago)
        return datetime.combine(day, time(10, 30), local.tzinfo)

    def _plan(self) -> BroadcastPlan:
        rhythm = Rhythm(
            zone=timezone.get_default_timezone(),
            every="week",
            opens=time(10, 30),
            closes=time(19, 30),
            weekdays=frozenset([3]),
        )
        return BroadcastPlan.objects.create(
            **_written(WEEKLY, self._segment),
            every=rhythm.every,
            weekdays=[3],
            time=rhythm.opens,
            until=rhythm.closes,
            next_at=next_after(rhythm, self._now),
            created_by=self._operator,
            created_at=self._wednesday(9),
        )

    def _send(self, message: Message, at: datetime, *, plan: BroadcastPlan | None = None) -> None:
        self._sent += 1
        made = Broadcast.objects.create(
            **_written(message, self._segment),
            segment_version=self._segment.version,
            rule=self._segment.rule,
            origin=Broadcast.Origin.PLAN if plan else Broadcast.Origin.OPERATOR,
            plan=plan,
            fire_at=at if plan else None,
            window_start=at,
            window_end=at + WINDOW,
            state=Broadcast.State.FINISHED,
            created_by=self._operator,
            created_at=at - timedelta(days=1),
            scheduled_at=at - timedelta(hours=20),
            frozen_at=at,
            finished_at=at + WINDOW,
        )
        chosen: dict[int, list[Follow]] = defaultdict(list)
        held: list[Recipient] = []
        left_out: list[Recipient] = []
        for follow in self._friends:
            chance = _chance("chosen", self._sent, follow.contact.external_userid)
            if follow.added_at >= at or chance.random() >= message.share:
                continue
            if is_standing(self._terms, follow.contact_id):
                columns = {"state": Recipient.State.EXCLUDED, "reason": Reason.GLOBAL_HOLDOUT}
                left_out.append(_recipient(made, follow, **columns))
                continue
            luck = LUCK if self._orders_after(follow.contact_id, at) else 1.0
            if chance.random() * 100 < message.holdout * luck:
                held.append(_recipient(made, follow, state=Recipient.State.HELD_OUT))
            else:
                chosen[follow.staff_id].append(follow)
        Recipient.objects.bulk_create(held + left_out)
        link = TrackedLink.objects.create(
            code=f"demo{made.pk:04d}",
            target="https://mall.example.com/tea",
            title=message.name,
            broadcast=made,
            created_by=self._operator,
            created_at=at,
        )
        for staff_id, follows in chosen.items():
            self._hand_over(made, link, staff_id, follows, at)
        made.chosen, made.held_out = sum(map(len, chosen.values())), len(held)
        made.excluded = len(left_out)
        if made.batches.filter(confirmed_at=None).exists():
            made.stop_reason = Broadcast.StopReason.WINDOW
        made.save(update_fields=["chosen", "held_out", "excluded", "stop_reason"])

    def _hand_over(
        self, made: Broadcast, link: TrackedLink, staff_id: int, follows: list[Follow], at: datetime
    ) -> None:
        """One staff member's part: most confirm within hours, a few let it pass."""
        chance = _chance("confirms", self._sent, self._staff.index(staff_id))
        is_confirmed = chance.random() < CONFIRMED
        sent_at = at + min(WINDOW, timedelta(hours=chance.expovariate(1 / 2)))
        batch = Batch.objects.create(
            broadcast=made,
            staff_id=staff_id,
            size=len(follows),
            state=Batch.State.ACCEPTED if is_confirmed else Batch.State.CANCELLED,
            msgid=f"demo-{made.pk}-{staff_id}",
            intent_at=at,
            accepted_at=at,
            confirmed_at=sent_at if is_confirmed else None,
            sent_count=len(follows) if is_confirmed else 0,
            is_final=True,
            last_polled_at=at + WINDOW,
        )
        result = Recipient.Result.NONE if is_confirmed else Recipient.Result.UNSENT
        Recipient.objects.bulk_create(
            _recipient(
                made,
                follow,
                state=Recipient.State.CHOSEN,
                batch=batch,
                staff_id=staff_id,
                result=result,
            )
            for follow in follows
        )
        if is_confirmed:
            self._reach(made, batch, link, follows, sent_at)

    def _reach(
        self,
        made: Broadcast,
        batch: Batch,
        link: TrackedLink,
        follows: list[Follow],
        sent_at: datetime,
    ) -> None:
        """What they got, and what some of them did about it."""
        Touch.objects.bulk_create(
            Touch(
                contact_id=follow.contact_id,
                staff_id=batch.staff_id,
                channel=Touch.Channel.PRIVATE,
                touch_class=made.touch_class,
                at=sent_at,
                broadcast=made,
                batch=batch,
            )
            for follow in follows
        )
        clicks = []
        for follow in follows:
            chance = _chance("got", self._sent, follow.contact.external_userid)
            share = CLICKED * (2 if self._orders_after(follow.contact_id, sent_at) else 1)
            if chance.random() < share:
                later = timedelta(hours=chance.expovariate(1 / 5))
                at = min(sent_at + later, self._now)
                clicks.append(LinkClick(link=link, contact_id=follow.contact_id, at=at))
            if chance.random() < UNFRIENDED:
                later = timedelta(hours=chance.expovariate(1 / 10))
                self._unfriend(follow, sent_at + later, chance)
        LinkClick.objects.bulk_create(clicks)

    def _unfriend(self, friend: Follow, at: datetime, chance: Random) -> None:
        """She ends the relation with one of the colleagues she had beside the one she keeps: those
        that ended WeCom never tells of, so nothing contradicts it.
        """
        staff_id = chance.choice(self._staff)
        known_for = timedelta(days=0.2 + chance.expovariate(1 / 70))
        if (friend.contact_id, staff_id) in self._pairs or at > self._now:
            return
        self._pairs.add((friend.contact_id, staff_id))
        Follow.objects.create(
            contact_id=friend.contact_id,
            staff_id=staff_id,
            status=Follow.Status.DELETED_BY_CONTACT,
            added_at=at - known_for,
            ended_at=at,
            add_way=friend.add_way,
            state=friend.state,
        )

    def _orders_after(self, contact_id: int, at: datetime) -> bool:
        paid = self._paid.get(contact_id, [])
        place = bisect_left(paid, at)
        return place < len(paid) and paid[place] < at + _COUNTED


def _chance(*subject: object) -> Random:
    return Random(f"{SEED} {subject}")  # noqa: S311 - made-up people


def _written(message: Message, segment: Segment) -> dict[str, Any]:
    return {
        "name": message.name,
        "benefit": message.benefit,
        "text": message.text,
        "segment": segment,
        "holdout_percent": message.holdout,
    }


def _recipient(made: Broadcast, follow: Follow, **columns: Any) -> Recipient:
    return Recipient(
        broadcast=made,
        contact_id=follow.contact_id,
        external_userid=follow.contact.external_userid,
        **columns,
    )
