"""In which saved segments one customer is (所在人群)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper

from contacts.models import ContactFacts, Segment
from contacts.selectors.named_segments import rules_of
from contacts.selectors.segments import live_segments
from scrm.segments.compile import to_q
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError

MOST_SEGMENTS = 200
_TESTED_AT_ONCE = 100


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


def segment_ids_of(contact_ids: Sequence[int], now: datetime) -> Mapping[int, frozenset[int]]:
    """All segments whose rule each of these few customers fits now, archived ones included.

    One query for each hundred segments, besides those that reading the rules takes.
    """
    rules = list(rules_of(list(Segment.objects.values_list("pk", flat=True))).items())
    found: dict[int, set[int]] = {contact_id: set() for contact_id in contact_ids}
    for start in range(0, len(rules), _TESTED_AT_ONCE):
        tests = {
            f"in_{segment_id}": ExpressionWrapper(to_q(rule, now=now), output_field=BooleanField())
            for segment_id, rule in rules[start : start + _TESTED_AT_ONCE]
        }
        rows = ContactFacts.objects.filter(pk__in=contact_ids).annotate(**tests)
        for contact_id, *fits in rows.values_list("pk", *tests):
            found[contact_id] |= {
                int(name.removeprefix("in_"))
                for name, is_in in zip(tests, fits, strict=True)
                if is_in
            }
    return {contact_id: frozenset(ids) for contact_id, ids in found.items()}
