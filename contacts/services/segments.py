"""Save, change, count and archive segments (人群)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from contacts.models import Segment, SegmentVersion
from contacts.selectors.audiences import count
from contacts.selectors.segments import Use, uses_of
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.segments.fields import read_rule
from scrm.segments.nodes import as_json
from scrm.segments.parse import RuleError

NAME_LIMIT = 64

_FRESH = timedelta(days=1)
# A quarter of a second each at a million customers, far below a task's time limit.
_RECOUNTS_AT_ONCE = 200

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
        name=_clean_name(name),
        description=description.strip(),
        rule=as_json(node),
        size=count(node, now),
        evaluated_at=now,
        created_by=operator,
        created_at=now,
        updated_at=now,
    )
    with transaction.atomic():
        _save_named(segment)
        _keep_version(segment, now)
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
        segment = Segment.objects.select_for_update().get(pk=segment_id, is_archived=False)
        if segment.version != version:
            raise SegmentChanged(
                _("Somebody else has changed this segment in the meantime; open it again.")
            )
        segment.name, segment.description = _clean_name(name), description.strip()
        segment.updated_at = now
        is_new_rule = segment.rule != as_json(node)
        if is_new_rule:
            segment.rule, segment.version = as_json(node), version + 1
        segment.size, segment.evaluated_at = count(node, now), now
        _save_named(segment)
        if is_new_rule:
            _keep_version(segment, now)
        record_act(
            action="segment.update",
            operator=operator,
            now=now,
            subject=segment,
            details={"version": segment.version},
        )
    return segment


def archive_segment(*, segment_id: int, now: datetime, operator: Operator | None = None) -> None:
    """Take a segment out of every list (归档); its versions stay for what was sent with them.

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


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned:
        raise InvalidInput(_("Give the segment a name."), field="name")
    if len(cleaned) > NAME_LIMIT:
        raise InvalidInput(_("At most %(limit)d characters.") % {"limit": NAME_LIMIT}, field="name")
    return cleaned


def _save_named(segment: Segment) -> None:
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError:
        raise InvalidInput(
            _("There is a segment of this name already; choose another."), field="name"
        ) from None


def _keep_version(segment: Segment, now: datetime) -> None:
    SegmentVersion.objects.create(
        segment=segment, version=segment.version, rule=segment.rule, at=now
    )
