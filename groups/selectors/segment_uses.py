"""What still needs a group segment (使用处)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import ForeignKey, Q

from groups.models import GroupSegment, GroupSegmentVersion


@dataclass(frozen=True)
class Use:
    """A row that still needs a segment: what it is and how it calls itself."""

    kind: str
    name: str


def uses_of(segment: GroupSegment) -> list[Use]:
    """Rows of any app that point at the segment and still need it.

    Every foreign key to GroupSegment counts. A model whose finished rows need it no longer says so
    with a class attribute `needs_segment`, a Q of the rows that do.
    """
    uses: list[Use] = []
    for relation in GroupSegment._meta.get_fields(include_hidden=True):
        key = getattr(relation, "field", None)
        if not isinstance(key, ForeignKey) or relation.concrete:
            continue
        model = key.model
        if model is not GroupSegmentVersion:
            still: Q = getattr(model, "needs_segment", Q())
            rows = model._default_manager.filter(still, **{key.name: segment.pk})
            kind = str(model._meta.verbose_name)
            uses += [Use(kind, str(row)) for row in rows.order_by("-pk")[:20]]
    return uses
