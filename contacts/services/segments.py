"""Save, change, count and archive segments (人群)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from contacts.models import Segment, SegmentMember, SegmentVersion
from contacts.selectors.audiences import count
from contacts.selectors.named_segments import SEGMENT, levels_below, named_in
from contacts.selectors.segment_uses import Use, uses_of
from scrm.audit.services import record_act
from scrm.console.fields import without_nul
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.segments.fields import read_rule
from scrm.segments.nodes import Node, as_json
from scrm.segments.parse import RuleError

NAME_LIMIT = 64

_FRESH = timedelta(days=1)
# A quarter of a second each at a million customers, far below a task's time limit.
_RECOUNTS_AT_ONCE = 200
# Segments within segments within segments; beyond that nobody follows what a rule means.
NESTING_LIMIT = 5
# Taken while rules that name segments are saved: two that name each other must not both pass.
NAMING_LOCK = 0x5345_474D

log = logging.getLogger(__name__)


class SegmentChanged(ScrmError):
    """Somebody else saved the segment in between."""

    code = "segment_changed"


class SegmentInUse(ScrmError):
    """The segment cannot be archived; `uses` lists what still needs it."""

    code = "segment_in_use"

    def __init__(self, message: str, *, uses: Sequence[Use]) -> None:
        super().__init__(message)
        self.uses = list(uses)


def create_segment(
    *,
    name: str,
    rule: object,
    now: datetime,
    operator: Operator | None = None,
    description: str = "",
) -> Segment:
    """Save a new segment with its first version and its size (新建人群).

    Raises RuleError when the rule (JSON) is wrong, InvalidInput when the name is.
    """
    node = read_rule(rule)
    segment = Segment(
        name=clean_name(name),
        description=description.strip(),
        rule=as_json(node),
        size=count(node, now),
        evaluated_at=now,
        created_by=operator,
        created_at=now,
        updated_at=now,
    )
    with transaction.atomic():
        check_named(node)
        save_named(segment)
        keep_version(segment, now=now, operator=operator)
        record_act(action="segment.create", operator=operator, now=now, subject=segment)
    return segment


def update_segment(
    *,
    segment_id: int,
    version: int,
    name: str,
    rule: object,
    now: datetime,
    operator: Operator | None = None,
    description: str = "",
) -> Segment:
    """Change a segment (修改人群); another rule makes a new version, older ones stay readable.

    `version` is the one the editor began with: raises SegmentChanged when it is not the current
    one any more, RuleError and InvalidInput as `create_segment`.
    """
    node = read_rule(rule)
    with transaction.atomic():
        # Before its own row: two segments made of each other would each hold what the other needs.
        _wait_for_naming(node)
        segment = Segment.objects.select_for_update().get(pk=segment_id, is_archived=False)
        if segment.version != version:
            raise SegmentChanged(
                _("Somebody else has changed this segment in the meantime; open it again.")
            )
        segment.name, segment.description = clean_name(name), description.strip()
        segment.updated_at = now
        is_new_rule = segment.rule != as_json(node)
        if is_new_rule and segment.is_static:
            raise InvalidInput(
                _("The members of a static segment are fixed; take them anew instead."),
                field="rule",
            )
        if is_new_rule:
            check_named(node, segment_id=segment_id)
            segment.rule, segment.version = as_json(node), version + 1
        segment.size, segment.evaluated_at = count(node, now), now
        save_named(segment)
        if is_new_rule:
            keep_version(segment, now=now, operator=operator)
        record_act(
            action="segment.update",
            operator=operator,
            now=now,
            subject=segment,
            details={"version": segment.version},
        )
    return segment


def restore_version(
    *, segment_id: int, version: int, now: datetime, operator: Operator | None = None
) -> Segment:
    """Give a segment the rule of an earlier version (恢复版本), as a new version.

    Raises Segment.DoesNotExist and SegmentVersion.DoesNotExist; RuleError when that rule can no
    longer be read.
    """
    segment = Segment.objects.get(pk=segment_id, is_archived=False)
    return update_segment(
        segment_id=segment_id,
        version=segment.version,
        name=segment.name,
        description=segment.description,
        rule=SegmentVersion.objects.get(segment=segment, version=version).rule,
        now=now,
        operator=operator,
    )


def archive_segment(*, segment_id: int, now: datetime, operator: Operator | None = None) -> None:
    """Take a segment out of every list (归档); its versions stay for what was sent with them. The
    members of a static one are deleted.

    Raises SegmentInUse with the list of uses. Archiving twice is the same as once.
    """
    with transaction.atomic():
        segment = Segment.objects.select_for_update().get(pk=segment_id)
        if segment.is_archived:
            return
        uses = uses_of(segment)
        if uses:
            names = ", ".join(f"{use.kind} {use.name}" for use in uses)
            raise SegmentInUse(
                _("This segment is still used by: %(uses)s.") % {"uses": names}, uses=uses
            )
        segment.is_archived, segment.updated_at = True, now
        segment.save(update_fields=["is_archived", "updated_at"])
        SegmentMember.objects.filter(segment=segment).delete()
        record_act(action="segment.archive", operator=operator, now=now, subject=segment)


def recount_segment(*, segment_id: int, now: datetime) -> int:
    """Count a segment again and remember when (重新计数). Raises RuleError for a rule that can no
    longer be read.
    """
    segment = Segment.objects.get(pk=segment_id)
    size = count(read_rule(segment.rule), now)
    # A rule changed meanwhile has been counted by its change.
    Segment.objects.filter(pk=segment_id, version=segment.version).update(
        size=size, evaluated_at=now
    )
    return size


def recount_stale(*, now: datetime) -> int:
    """Count again what was last counted a day ago or more, the oldest first; answers how many.

    A rule that can no longer be read keeps its old count and is looked at again the next time.
    """
    stale = Segment.objects.filter(is_archived=False).filter(
        Q(evaluated_at__isnull=True) | Q(evaluated_at__lte=now - _FRESH)
    )
    counted = 0
    ids = stale.order_by("evaluated_at").values_list("pk", flat=True)
    for segment_id in ids[:_RECOUNTS_AT_ONCE]:
        try:
            recount_segment(segment_id=segment_id, now=now)
        except RuleError as error:
            log.warning("segment %s cannot be counted: %s", segment_id, error)
        else:
            counted += 1
    return counted


def check_named(rule: Node, *, segment_id: int | None = None) -> None:
    """Raise RuleError unless the segments a rule names may be named by it.

    Archived ones may not, nor those made of the segment itself. Inside a transaction; until its
    end nothing named can be archived and no other rule that names segments can be saved.
    """
    named = _wait_for_naming(rule)
    if not named:
        return
    locked = Segment.objects.select_for_update().filter(pk__in=named).order_by("pk")
    for other in locked:
        if other.is_archived:
            raise RuleError(_("“%(name)s” is archived; choose another.") % {"name": other.name})
    levels = levels_below(rule)
    if segment_id is not None and any(segment_id in level for level in levels):
        raise RuleError(_("A segment cannot be made of itself; take it out of the rule."))
    if len(levels) > NESTING_LIMIT:
        raise RuleError(
            _("Segments are made of segments more than %(limit)d deep here; name them directly.")
            % {"limit": NESTING_LIMIT},
            field=SEGMENT,
        )


def _wait_for_naming(rule: Node) -> set[int]:
    """The segments a rule names; if any, until the end of the transaction nobody else names one."""
    named = named_in(rule)
    if named:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NAMING_LOCK])
    return named


def clean_name(name: str) -> str:
    """The name as it is saved. Raises InvalidInput for none or one too long."""
    cleaned = " ".join(without_nul(name).split())
    if not cleaned:
        raise InvalidInput(_("Give the segment a name."), field="name")
    if len(cleaned) > NAME_LIMIT:
        raise InvalidInput(_("At most %(limit)d characters.") % {"limit": NAME_LIMIT}, field="name")
    return cleaned


def save_named(segment: Segment) -> None:
    """Save a segment. Raises InvalidInput when its name is taken."""
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError as error:
        if "segment_name_once" not in str(error):
            raise
        raise InvalidInput(
            _("There is a segment of this name already; choose another."), field="name"
        ) from None


def keep_version(segment: Segment, *, now: datetime, operator: Operator | None) -> None:
    """Write down the segment's rule as its current version."""
    SegmentVersion.objects.create(
        segment=segment,
        version=segment.version,
        rule=segment.rule,
        at=now,
        created_by=operator,
    )
