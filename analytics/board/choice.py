"""Which segments stand beside all customers on a page (分人群对比)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict

from analytics.periods import Pair, travelling
from analytics.selectors.parts import MOST_SEGMENTS, Part, chosen_parts, offered_segments
from contacts.models import Segment
from scrm.console.fields import row_number
from scrm.console.models import Operator
from scrm.errors import InvalidInput

# So many are offered, the last changed first; what is chosen by its number needs no offer.
_OFFERED = 40


@dataclass(frozen=True)
class SegmentChoice:
    """`parts` are the chosen ones; `error` says why what was asked for was not taken. `kept` are the
    fields of the address that neither choose segments nor days; they travel along.
    """

    parts: Sequence[Part]
    offered: Sequence[Segment]
    error: InvalidInput | None = None
    kept: Sequence[Pair] = ()
    most: int = MOST_SEGMENTS

    @property
    def chosen(self) -> set[int]:
        return {part.segment_id for part in self.parts if part.segment_id is not None}

    @property
    def kept_query(self) -> str:
        return urlencode(self.kept)


def segment_choice(query: QueryDict, operator: Operator, *, now: datetime) -> SegmentChoice:
    """What the address says; a choice that cannot be read is said, and nothing is chosen."""
    error = None
    try:
        parts = asked_segments(query.getlist("segment"), operator, now=now)
    except InvalidInput as problem:
        parts, error = [], problem
    offered = list(offered_segments(operator)[:_OFFERED])
    known = {segment.pk for segment in offered}
    chosen = [part.segment_id for part in parts if part.segment_id is not None]
    missing = [number for number in chosen if number not in known]
    if missing:
        offered += list(offered_segments(operator).filter(pk__in=missing))
    kept = [(name, value) for name, value in travelling(query) if name != "segment"]
    return SegmentChoice(parts, offered, error, kept)


def asked_segments(texts: Sequence[str], operator: Operator, *, now: datetime) -> list[Part]:
    """Raises InvalidInput for what is no segment of this operator."""
    # Zero is nobody's number.
    numbers = [row_number(text) or 0 for text in texts if text]
    return chosen_parts(numbers, operator, now=now)
