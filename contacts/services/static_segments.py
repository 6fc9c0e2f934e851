"""Fix who is in a segment now (静态人群), and fix it anew."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import BigIntegerField, Value
from django.utils.translation import gettext as _

from contacts.models import Segment, SegmentMember
from contacts.selectors.audiences import audience
from contacts.selectors.named_segments import STATIC
from contacts.services.segments import clean_name, keep_version, save_named
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.segments.fields import read_rule
from scrm.segments.nodes import Leaf, Node, as_json


def freeze_segment(
    *, segment_id: int, name: str, now: datetime, operator: Operator | None = None
) -> Segment:
    """Make a static segment of everybody who is in a segment now (生成静态人群).

    It is a segment like any other, so it may be named wherever one is. Raises InvalidInput for
    a bad name, RuleError when the segment's rule can no longer be read, Segment.DoesNotExist.
    """
    source = Segment.objects.get(pk=segment_id, is_archived=False)
    rule = read_rule(source.rule)
    with transaction.atomic():
        frozen = Segment(
            name=clean_name(name),
            rule={},
            frozen_at=now,
            evaluated_at=now,
            source=source,
            source_version=source.version,
            created_by=operator,
            created_at=now,
            updated_at=now,
        )
        save_named(frozen)
        frozen.rule = as_json(Leaf(STATIC, "any", (frozen.pk,)))
        frozen.size = write_members(segment_id=frozen.pk, rule=rule, now=now)
        frozen.save(update_fields=["rule", "size"])
        keep_version(frozen, now=now, operator=operator)
        record_act(
            action="segment.freeze",
            operator=operator,
            now=now,
            subject=frozen,
            details={"source": source.name, "size": frozen.size},
        )
    return frozen


def refreeze_segment(
    *, segment_id: int, now: datetime, operator: Operator | None = None
) -> Segment:
    """Take the members of a static segment anew from where they came from (重新生成).

    Whoever reads it meanwhile sees the former members. Raises InvalidInput for a segment that is
    not static, RuleError, Segment.DoesNotExist.
    """
    with transaction.atomic():
        frozen = Segment.objects.select_for_update(of=("self",)).get(
            pk=segment_id, is_archived=False
        )
        if frozen.source is None:
            raise InvalidInput(_("This segment is not static; count it again instead."))
        rule = read_rule(frozen.source.rule)
        SegmentMember.objects.filter(segment=frozen).delete()
        frozen.size = write_members(segment_id=frozen.pk, rule=rule, now=now)
        frozen.source_version = frozen.source.version
        frozen.frozen_at = frozen.evaluated_at = frozen.updated_at = now
        frozen.save()
        record_act(
            action="segment.refreeze",
            operator=operator,
            now=now,
            subject=frozen,
            details={"source": frozen.source.name, "size": frozen.size},
        )
    return frozen


def write_members(*, segment_id: int, rule: Node, now: datetime) -> int:
    """Write who a rule picks as members, in one statement; answers how many."""
    picked = audience(rule, now).values_list(
        Value(segment_id, output_field=BigIntegerField()), "pk"
    )
    try:
        select, parameters = picked.query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO contacts_segmentmember (segment_id, contact_id) {select}",
            parameters,
        )
        return int(cursor.rowcount)
