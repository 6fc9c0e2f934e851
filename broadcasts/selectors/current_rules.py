"""The rules of a message's segments as they are now (当前人群规则)."""

from __future__ import annotations

from typing import Any

from broadcasts.models import Broadcast
from broadcasts.models.written import Written
from contacts.models import Segment


def current_rules(message: Written) -> dict[str, Any]:
    """The columns of a broadcast that keep what its segments say: `rule`, `segment_version` and
    `without`, read anew. A segment left out that is gone meanwhile keeps the rule it had.

    Without a segment (a draft, a journey) the first two are missing.
    """
    segments = Segment.objects.in_bulk([entry["segment"] for entry in message.without])
    columns: dict[str, Any] = {
        "without": [
            left_out(segments[entry["segment"]]) if entry["segment"] in segments else entry
            for entry in message.without
        ]
    }
    source = message.group_segment if message.is_for_groups else message.segment
    if source is not None:
        columns |= {"rule": source.rule, "segment_version": source.version}
    return columns


def left_out(segment: Segment) -> dict[str, Any]:
    """How `Broadcast.without` keeps a segment."""
    return {"segment": segment.pk, "version": segment.version, "rule": segment.rule}


def renewed(broadcast: Broadcast) -> Broadcast:
    """The same broadcast with the current rules, for a look at a draft; nothing is saved."""
    for name, value in current_rules(broadcast).items():
        setattr(broadcast, name, value)
    return broadcast
