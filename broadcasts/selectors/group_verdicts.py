"""The verdicts on the groups of a broadcast to groups (群发对象群判定)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from broadcasts.models import Broadcast, GroupRecipient
from broadcasts.policy.group_sending import GroupFacts, GroupReason, GroupTerms, group_reason
from broadcasts.policy.holdout import bucket
from broadcasts.policy.terms import Terms
from broadcasts.selectors.policy import terms_of
from contacts.models import Staff
from contacts.selectors.visibility import visible_staff
from groups.models import GroupChat
from groups.selectors.audiences import chats_of, read_group_rule
from groups.selectors.group_list import visible_groups

_IN_OTHER_HANDS = (GroupChat.Status.OWNER_LEFT, GroupChat.Status.HANDING_OVER)


@dataclass(frozen=True)
class GroupVerdict:
    """One group of the audience; `reason` is None for those that will be written to."""

    group: GroupChat
    reason: GroupReason | None

    @property
    def is_chosen(self) -> bool:
        return self.reason is None

    @property
    def is_held_out(self) -> bool:
        return self.reason == GroupReason.HELD_OUT


def verdicts_on_groups(broadcast: Broadcast, *, now: datetime) -> list[GroupVerdict]:
    """A verdict for each group that the rule picks and whoever wrote it may see, by id.

    Four queries, whatever the number. Raises RuleError when the rule can no longer be read.
    """
    terms = terms_of(broadcast)
    groups = _picked(broadcast, now)
    used = _used([group.pk for group in groups], broadcast, terms, now)
    senders = _senders(broadcast)
    limits = GroupTerms(
        daily_cap=terms.group_daily_cap,
        quota=terms.quota_limit(now),
        is_service=terms.is_service,
    )
    return [
        GroupVerdict(
            group,
            group_reason(_facts(group, broadcast, senders, *used.get(group.pk, (0, 0))), limits),
        )
        for group in groups
    ]


def _picked(broadcast: Broadcast, now: datetime) -> list[GroupChat]:
    picked = chats_of(read_group_rule(broadcast.rule), now).select_related("owner")
    author = broadcast.created_by
    if author is not None and not author.sees_everything:
        picked = picked.filter(pk__in=visible_groups(author).values("pk"))
    return list(picked.order_by("pk"))


def _senders(broadcast: Broadcast) -> frozenset[int] | None:
    """Staff who may be asked; None for everybody."""
    chosen = frozenset(broadcast.senders) or None
    author = broadcast.created_by
    if author is None or author.sees_everything:
        return chosen
    visible = frozenset(visible_staff(author).values_list("pk", flat=True))
    return visible if chosen is None else visible & chosen


def _facts(
    group: GroupChat,
    broadcast: Broadcast,
    senders: frozenset[int] | None,
    day_used: int,
    quota_used: int,
) -> GroupFacts:
    owner = group.owner
    return GroupFacts(
        is_dissolved=group.dismissed_at is not None,
        is_handing_over=group.status in _IN_OTHER_HANDS,
        is_owner_known=owner is not None,
        is_owner_there=owner is not None and owner.status == Staff.Status.ACTIVE,
        may_owner_send=owner is not None and owner.is_following,
        is_owner_asked=senders is None or group.owner_id in senders,
        day_used=day_used,
        quota_used=quota_used,
        is_held_out=bucket(broadcast.holdout_salt, group.pk) < broadcast.holdout_percent,
    )


def _used(
    group_ids: Iterable[int], broadcast: Broadcast, terms: Terms, now: datetime
) -> dict[int, tuple[int, int]]:
    """By group: marketing broadcasts of today, and all of the period of WeCom's quota; those that
    arrived, and those still promised.
    """
    today, period = terms.day_start(now), terms.quota_since(now)
    promised = Q(sent_at=None, result="", batch__is_final=False)
    marketing = ~Q(broadcast__touch_class="service")
    counted = GroupRecipient.objects.filter(
        Q(sent_at__gte=min(today, period)) | promised,
        group_id__in=list(group_ids),
        state=GroupRecipient.State.CHOSEN,
    ).exclude(broadcast_id=broadcast.pk)
    counts = counted.values("group_id").annotate(
        day=Count("pk", filter=marketing & (Q(sent_at__gte=today) | promised)),
        period=Count("pk", filter=Q(sent_at__gte=period) | promised),
    )
    return {row["group_id"]: (row["day"], row["period"]) for row in counts.order_by()}
