"""Segments within segments (人群套人群), and static ones (静态人群)."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.selectors.memberships import segment_ids_of
from contacts.selectors.named_segments import SEGMENT, STATIC, ReadableSegments, rules_of
from scrm.segments.choices import Rows
from scrm.segments.compile import to_q
from scrm.segments.fields import Field
from scrm.segments.kinds import Kind

_GROUP = _("Segments")
_OPERATORS = ("any", "all", "none")


def fields() -> list[Field]:
    return [
        Field(
            name=SEGMENT,
            label=_("Other segments"),
            group=_GROUP,
            kind=Kind.SET,
            to_q=_segment_q,
            fetch=segment_ids_of,
            choices=ReadableSegments(),
            operators=_OPERATORS,
            help=_("Who is in them at the moment of counting, by their rules of that moment."),
        ),
        Field(
            name=STATIC,
            label=_("Static segments"),
            group=_GROUP,
            kind=Kind.SET,
            model="contacts.SegmentMember",
            column="segment_id",
            choices=Rows(
                "contacts.Segment",
                offered=Q(frozen_at__isnull=False, is_archived=False),
                order=("-frozen_at",),
            ),
            operators=_OPERATORS,
            help=_("Who was in a segment when its members were fixed."),
        ),
    ]


def _segment_q(op: str, value: Any, now: datetime) -> Q:
    rules = rules_of(value)
    # What has gone since the rule was read picks nobody.
    parts = [to_q(rules[key], now=now) if key in rules else Q(pk__isnull=True) for key in value]
    return reduce(or_ if op == "any" else and_, parts)
