"""The dry run of a broadcast to groups (客户群群发预演), without writing anything."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from broadcasts import figures
from broadcasts.models import Broadcast
from broadcasts.selectors.dry_run import LISTED, SAMPLES, StaffLoad, planned_at
from broadcasts.selectors.group_verdicts import GroupVerdict, verdicts_on_groups
from broadcasts.selectors.reasons import reason_words
from contacts.models import Staff
from groups.models import GroupChat, GroupFacts


@dataclass(frozen=True)
class GroupReasonCount:
    """How many groups are left out for one reason, with the first few of them."""

    reason: str
    words: str
    count: int
    samples: list[GroupChat]


@dataclass(frozen=True)
class GroupDryRun:
    """Counts of groups as of `at`; `members` are the people in those that would receive it.
    `left_out` is ordered by size, `staff` are the owners who would be asked to confirm.
    """

    at: datetime
    chosen: int = 0
    held_out: int = 0
    members: int = 0
    samples: list[GroupChat] = field(default_factory=list)
    left_out: list[GroupReasonCount] = field(default_factory=list)
    staff: list[StaffLoad] = field(default_factory=list)

    @property
    def excluded(self) -> int:
        return sum(reason.count for reason in self.left_out)

    @property
    def total(self) -> int:
        return self.chosen + self.held_out + self.excluded


def group_dry_run(broadcast: Broadcast, *, now: datetime) -> GroupDryRun:
    """What fixing the audience at its time would give if nothing changed until then.

    Raises RuleError when the segment's rule can no longer be read.
    """
    at = planned_at(broadcast, now=now)
    verdicts = verdicts_on_groups(broadcast, now=at)
    chosen = [one.group for one in verdicts if one.is_chosen]
    sizes = GroupFacts.objects.filter(pk__in=[group.pk for group in chosen])
    return GroupDryRun(
        at=at,
        chosen=len(chosen),
        held_out=sum(one.is_held_out for one in verdicts),
        members=sum(sizes.values_list("size", flat=True)),
        samples=chosen[:SAMPLES],
        left_out=_left_out(verdicts),
        staff=_loads(chosen),
    )


def groups_with(
    broadcast: Broadcast, reason: str, *, now: datetime, limit: int = LISTED
) -> list[GroupChat]:
    """The first groups of one reason ('' for those that would receive it), in a dry run."""
    verdicts = verdicts_on_groups(broadcast, now=planned_at(broadcast, now=now))
    return [one.group for one in verdicts if (one.reason or "") == reason][:limit]


def _left_out(verdicts: list[GroupVerdict]) -> list[GroupReasonCount]:
    by_reason: dict[str, list[GroupChat]] = {}
    for one in verdicts:
        if one.reason is not None and not one.is_held_out:
            by_reason.setdefault(one.reason.value, []).append(one.group)
    return [
        GroupReasonCount(reason, reason_words(reason), len(groups), groups[:SAMPLES])
        for reason, groups in sorted(by_reason.items(), key=lambda item: -len(item[1]))
    ]


def _loads(groups: list[GroupChat]) -> list[StaffLoad]:
    owners: dict[int, Staff] = {group.owner.pk: group.owner for group in groups if group.owner}
    counts = Counter(group.owner_id for group in groups)
    return [
        StaffLoad(owners[pk], count, -(-count // figures.group_batch_size()))
        for pk, count in counts.most_common()
        if pk is not None
    ]
