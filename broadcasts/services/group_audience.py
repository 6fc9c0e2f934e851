"""Fix the groups of a broadcast to groups (冻结群名单)."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from broadcasts import figures
from broadcasts.models import Batch, Broadcast, GroupRecipient
from broadcasts.policy.variant_split import place_of
from broadcasts.selectors.group_verdicts import GroupVerdict, verdicts_on_groups

State = GroupRecipient.State
_ROWS_AT_ONCE = 1000


def write_groups(broadcast: Broadcast, *, now: datetime) -> tuple[int, int, int]:
    """Write the groups and the batches of their owners, inside the caller's transaction; how many
    groups are chosen, held out and left out.
    """
    verdicts = verdicts_on_groups(broadcast, now=now)
    batch_of = _write_batches(broadcast, [one for one in verdicts if one.is_chosen])
    rows = [_row(broadcast, verdict, batch_of) for verdict in verdicts]
    GroupRecipient.objects.bulk_create(rows, batch_size=_ROWS_AT_ONCE)
    held_out = sum(verdict.is_held_out for verdict in verdicts)
    return len(batch_of), held_out, len(verdicts) - len(batch_of) - held_out


def _write_batches(broadcast: Broadcast, chosen: list[GroupVerdict]) -> dict[int, Batch]:
    """The new batches, by the id of the groups in them."""
    variants = list(broadcast.variants.order_by("letter"))
    shares = [variant.share for variant in variants]

    def part(verdict: GroupVerdict) -> tuple[int, int]:
        """The owner, and the place of the version."""
        group = verdict.group
        place = place_of(broadcast.holdout_salt, group.pk, shares) if shares else 0
        return group.owner_id or 0, place

    batches: list[Batch] = []
    batch_of: dict[int, Batch] = {}
    most = figures.group_batch_size()
    for (owner_id, place), same in groupby(sorted(chosen, key=part), key=part):
        group_ids = [verdict.group.pk for verdict in same]
        for start in range(0, len(group_ids), most):
            few = group_ids[start : start + most]
            seq = sum(batch.staff_id == owner_id for batch in batches)
            variant = variants[place] if variants else None
            batches.append(
                Batch(
                    broadcast=broadcast,
                    staff_id=owner_id,
                    seq=seq,
                    size=len(few),
                    variant=variant,
                )
            )
            batch_of.update(dict.fromkeys(few, batches[-1]))
    Batch.objects.bulk_create(batches)
    return batch_of


def _row(broadcast: Broadcast, verdict: GroupVerdict, batch_of: dict[int, Batch]) -> GroupRecipient:
    group = verdict.group
    state = State.CHOSEN if verdict.is_chosen else State.EXCLUDED
    return GroupRecipient(
        broadcast=broadcast,
        group=group,
        chat_id=group.chat_id,
        staff_id=group.owner_id,
        batch=batch_of.get(group.pk),
        state=State.HELD_OUT if verdict.is_held_out else state,
        reason="" if verdict.is_chosen or verdict.is_held_out else verdict.reason or "",
    )
