"""How far a broadcast is, and who holds it up (执行情况)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from broadcasts.models import Batch, Broadcast, GroupRecipient, Recipient
from broadcasts.selectors.reasons import reason_words
from contacts.models import Staff
from scrm.console.models import Operator

State = Batch.State


@dataclass(frozen=True)
class Counted:
    """So many of something that has a name."""

    code: str
    words: str
    count: int


@dataclass(frozen=True)
class StaffProgress:
    """One staff member's part. `reason` is what WeCom last said against it, or why it was not
    reminded of, if anything.
    """

    staff: Staff
    state: str
    state_words: str
    recipients: int
    sent: int
    confirmed_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Progress:
    """Everything the page of a running broadcast shows. `failed` counts chosen ones by result."""

    batches: list[Counted]
    staff: list[StaffProgress]
    left_out: list[Counted]
    failed: list[Counted]
    chosen: int
    sent: int
    accepted_recipients: int
    tasks: int
    confirmed: int
    polled_at: datetime | None

    @property
    def open(self) -> int:
        """Chosen customers of whom nothing is known yet."""
        return max(0, self.chosen - self.sent - sum(part.count for part in self.failed))


def visible_broadcasts(operator: Operator) -> QuerySet[Broadcast]:
    """Whoever sees every customer sees every broadcast; a lead those she wrote herself, whose
    audience was narrowed to her own customers.
    """
    return listed() if operator.sees_everything else listed().filter(created_by=operator)


def listed() -> QuerySet[Broadcast]:
    """All broadcasts with `sent`: how many customers (or groups) got each."""
    sent = (
        Batch.objects.filter(broadcast_id=OuterRef("pk"))
        .order_by()
        .values("broadcast_id")
        .annotate(total=Sum("sent_count"))
        .values("total")
    )
    return Broadcast.objects.select_related("segment", "group_segment", "created_by").annotate(
        sent=Coalesce(Subquery(sent), Value(0), output_field=IntegerField())
    )


def progress(broadcast: Broadcast) -> Progress:
    """Four queries, whatever the size: the batches, and the exceptions among the recipients."""
    batches = list(
        Batch.objects.filter(broadcast=broadcast).select_related("staff").order_by("staff", "seq")
    )
    staff = staff_progress(batches)
    return Progress(
        batches=_by_state(batches),
        staff=staff,
        left_out=left_out(broadcast),
        failed=_failed(broadcast, batches),
        chosen=broadcast.chosen,
        sent=sum(batch.sent_count for batch in batches),
        accepted_recipients=sum(batch.size for batch in batches if batch.msgid),
        tasks=len(staff),
        confirmed=sum(part.confirmed_at is not None for part in staff),
        polled_at=max((b.last_polled_at for b in batches if b.last_polled_at), default=None),
    )


def staff_progress(batches: Iterable[Batch]) -> list[StaffProgress]:
    """By staff member, those first who hold things up: the largest part without a confirmation."""
    parts: dict[int, list[Batch]] = {}
    for batch in batches:
        parts.setdefault(batch.staff_id, []).append(batch)
    rows = [_part(own) for own in parts.values()]
    return sorted(rows, key=lambda row: (row.confirmed_at is not None, -row.recipients))


def left_out(broadcast: Broadcast) -> list[Counted]:
    """Why customers, or groups, of its audience were left out, the largest reason first."""
    rows = broadcast.group_recipients if broadcast.is_for_groups else broadcast.recipients
    counts = (
        rows.filter(state=Recipient.State.EXCLUDED)
        .values_list("reason")
        .annotate(count=Count("*"))
        .order_by(F("count").desc(), "reason")
    )
    return [Counted(reason, reason_words(reason), count) for reason, count in counts]


def _part(batches: list[Batch]) -> StaffProgress:
    """Several batches of one staff member count as confirmed when all are."""
    slowest = min(batches, key=lambda batch: _ORDER[batch.state])
    confirmed = [batch.confirmed_at for batch in batches if batch.confirmed_at]
    return StaffProgress(
        staff=batches[0].staff,
        state=slowest.state,
        state_words=slowest.get_state_display(),
        recipients=sum(batch.size for batch in batches),
        sent=sum(batch.sent_count for batch in batches),
        confirmed_at=max(confirmed) if len(confirmed) == len(batches) else None,
        reason=next(
            (
                batch.refused_reason or batch.remind_problem
                for batch in batches
                if batch.refused_reason or (batch.remind_problem and not batch.confirmed_at)
            ),
            "",
        ),
    )


# What needs attention first.
_ORDER: dict[str, int] = {
    State.REFUSED: 0,
    State.UNKNOWN: 1,
    State.READY: 2,
    State.SUBMITTING: 3,
    State.ACCEPTED: 4,
    State.CANCELLED: 5,
}


def _by_state(batches: list[Batch]) -> list[Counted]:
    return [
        Counted(state.value, str(state.label), count)
        for state in State
        if (count := sum(batch.state == state for batch in batches))
    ]


def _failed(broadcast: Broadcast, batches: list[Batch]) -> list[Counted]:
    """Exceptions that WeCom told of, and whole batches that ended without being sent."""
    model = GroupRecipient if broadcast.is_for_groups else Recipient
    counts = dict(
        model.objects.filter(~Q(result=""), broadcast=broadcast)
        # Those of a cancelled task are counted with it below.
        .exclude(batch__state=State.CANCELLED, batch__confirmed_at=None)
        .values_list("result")
        .annotate(count=Count("*"))
        .order_by()
    )
    found = [
        Counted(result.value, str(result.label), counts[result.value])
        for result in model.Result
        if result.value in counts
    ]
    for state in (State.REFUSED, State.CANCELLED):
        size = sum(
            batch.size for batch in batches if batch.state == state and not batch.confirmed_at
        )
        if size:
            found.append(Counted(f"batch_{state.value}", str(state.label), size))
    return found
