"""In which saved segments one customer is (所在人群)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper

from contacts.models import ContactFacts, Segment
from contacts.selectors.segments import live_segments
from scrm.segments.compile import to_q
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError

MOST_SEGMENTS = 200


def segments_of(contact_id: int, *, now: datetime) -> list[Segment]:
    """The living segments whose rule she fits now, by name.

    All rules are tested in one query; only reading a rule that names ids asks whether they exist.
    A segment whose rule no longer reads (a field is gone) is left out; its own page says why.
    """
    segments = {f"in_{segment.pk}": segment for segment in live_segments()[:MOST_SEGMENTS]}
    tests = {}
    for name, segment in segments.items():
        try:
            rule = to_q(read_rule(segment.rule), now=now)
        except RuleError:
            continue
        tests[name] = ExpressionWrapper(rule, output_field=BooleanField())
    if not tests:
        return []
    facts = ContactFacts.objects.filter(pk=contact_id).annotate(**tests).values(*tests).first()
    fitting = [segments[name] for name, fits in (facts or {}).items() if fits]
    return sorted(fitting, key=lambda segment: segment.name)
