"""The dry run (预演): what fixing the audience now would give, without writing anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from broadcasts import figures
from broadcasts.models import Broadcast
from broadcasts.policy.decision import Reason
from broadcasts.selectors.reasons import reason_words
from broadcasts.selectors.verdicts import run, verdicts
from contacts.models import Contact, Staff

SAMPLES = 5
LISTED = 200

_COUNT = """
SELECT reason, CASE WHEN reason = '' THEN staff_id END AS sender, count(*), NULL
FROM verdict GROUP BY 1, 2
UNION ALL
SELECT found.reason, NULL, 0, sample.contact_id
FROM (SELECT DISTINCT reason FROM verdict) AS found, LATERAL (
    SELECT contact_id FROM verdict WHERE verdict.reason = found.reason
    ORDER BY contact_id LIMIT %(samples)s
) AS sample
"""

_LIST = """
SELECT contact_id FROM verdict WHERE reason = %(reason)s ORDER BY contact_id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class StaffLoad:
    """What one staff member would be asked to confirm."""

    staff: Staff
    recipients: int
    batches: int


@dataclass(frozen=True)
class ReasonCount:
    """How many are left out for one reason, with the first few of them."""

    reason: str
    words: str
    count: int
    samples: list[Contact]


@dataclass(frozen=True)
class DryRun:
    """Counts as of `at`; `left_out` is ordered by size."""

    at: datetime
    chosen: int = 0
    held_out: int = 0
    samples: list[Contact] = field(default_factory=list)
    held_out_samples: list[Contact] = field(default_factory=list)
    left_out: list[ReasonCount] = field(default_factory=list)
    staff: list[StaffLoad] = field(default_factory=list)

    @property
    def excluded(self) -> int:
        return sum(reason.count for reason in self.left_out)

    @property
    def total(self) -> int:
        return self.chosen + self.held_out + self.excluded


def planned_at(broadcast: Broadcast, *, now: datetime) -> datetime:
    """When its audience will be fixed, as far as one can know: when the window opens, or now."""
    return max(now, broadcast.window_start)


def dry_run(broadcast: Broadcast, *, now: datetime) -> DryRun:
    """The counts that fixing the audience at its time would give if nothing changed until then.

    Three queries: the verdicts, and the names of the sampled customers and of the staff.
    """
    at = planned_at(broadcast, now=now)
    counts, loads, sampled = _counted(broadcast, at=at)
    names = Contact.objects.in_bulk([pk for ids in sampled.values() for pk in ids])
    senders = Staff.objects.in_bulk(loads)

    def samples(reason: str) -> list[Contact]:
        return [names[pk] for pk in sampled.get(reason, ())]

    return DryRun(
        at=at,
        chosen=counts.get("", 0),
        held_out=counts.get(Reason.HELD_OUT, 0),
        samples=samples(""),
        held_out_samples=samples(Reason.HELD_OUT),
        left_out=[
            ReasonCount(reason, reason_words(reason), count, samples(reason))
            for reason, count in sorted(counts.items(), key=lambda item: -item[1])
            if reason not in {"", Reason.HELD_OUT}
        ],
        staff=[
            StaffLoad(senders[pk], count, -(-count // figures.batch_size()))
            for pk, count in sorted(loads.items(), key=lambda item: -item[1])
        ],
    )


def customers_with(
    broadcast: Broadcast, reason: str, *, now: datetime, limit: int = LISTED
) -> list[Contact]:
    """The first customers of one reason ('' for those who would receive it), in a dry run."""
    query = verdicts(broadcast, now=planned_at(broadcast, now=now))
    ids = [pk for (pk,) in run(query, _LIST, reason=reason, limit=limit)]
    return list(Contact.objects.filter(pk__in=ids).order_by("pk"))


def _counted(
    broadcast: Broadcast, *, at: datetime
) -> tuple[dict[str, int], dict[int, int], dict[str, list[int]]]:
    """Counts by reason, recipients by staff id, the first customers by reason."""
    query = verdicts(broadcast, now=at)
    counts: dict[str, int] = {}
    loads: dict[int, int] = {}
    sampled: dict[str, list[int]] = {}
    for reason, staff_id, count, contact_id in run(query, _COUNT, samples=SAMPLES):
        if contact_id is not None:
            sampled.setdefault(reason, []).append(contact_id)
            continue
        counts[reason] = counts.get(reason, 0) + count
        if staff_id is not None:
            loads[staff_id] = loads.get(staff_id, 0) + count
    return counts, loads, {reason: sorted(ids) for reason, ids in sampled.items()}
