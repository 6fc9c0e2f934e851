"""Save, change and archive group segments (群人群)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from groups.models import GroupSegment, GroupSegmentVersion
from groups.selectors.audiences import read_group_rule
from groups.selectors.segment_uses import Use, uses_of
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.segments.nodes import as_json
from scrm.typed import one_line

NAME_LIMIT = 64


class GroupSegmentChanged(ScrmError):
    """Somebody else saved the segment in between."""

    code = "group_segment_changed"


class GroupSegmentInUse(ScrmError):
    """The segment cannot be archived; `uses` lists what still needs it."""

    code = "group_segment_in_use"

    def __init__(self, message: str, *, uses: list[Use]) -> None:
        super().__init__(message)
        self.uses = uses


@transaction.atomic
def create_group_segment(
    *, name: str, rule: object, now: datetime, operator: Operator, description: str = ""
) -> GroupSegment:
    """Save a new rule about groups with its first version. Raises RuleError, InvalidInput (name)."""
    node = read_group_rule(rule)
    segment = GroupSegment(
        name=_clean_name(name),
        description=description.strip(),
        rule=as_json(node),
        created_by=operator,
        created_at=now,
        updated_at=now,
    )
    _save_named(segment)
    _keep_version(segment, operator, now)
    record_act(action="group_segment.create", operator=operator, now=now, subject=segment)
    return segment


@transaction.atomic
def update_group_segment(
    *,
    segment_id: int,
    version: int,
    name: str,
    rule: object,
    now: datetime,
    operator: Operator,
    description: str = "",
) -> GroupSegment:
    """Change a segment; another rule makes a new version, older ones stay readable.

    `version` is the one the editor began with: raises GroupSegmentChanged when it is not the
    current one any more, RuleError and InvalidInput as `create_group_segment`.
    """
    node = read_group_rule(rule)
    segment = GroupSegment.objects.select_for_update().get(pk=segment_id, is_archived=False)
    if segment.version != version:
        raise GroupSegmentChanged(
            _("Somebody else has changed this segment in the meantime; open it again.")
        )
    segment.name, segment.description = _clean_name(name), description.strip()
    segment.updated_at = now
    is_new_rule = segment.rule != as_json(node)
    if is_new_rule:
        segment.rule, segment.version = as_json(node), version + 1
    _save_named(segment)
    if is_new_rule:
        _keep_version(segment, operator, now)
    details = {"version": segment.version}
    record_act(
        action="group_segment.update", operator=operator, now=now, subject=segment, details=details
    )
    return segment


@transaction.atomic
def archive_group_segment(*, segment_id: int, now: datetime, operator: Operator) -> None:
    """Take a segment out of every list (归档); its versions stay. Raises GroupSegmentInUse."""
    segment = GroupSegment.objects.select_for_update().get(pk=segment_id)
    if segment.is_archived:
        return
    uses = uses_of(segment)
    if uses:
        names = ", ".join(f"{use.kind} {use.name}" for use in uses)
        raise GroupSegmentInUse(
            _("This segment is still used by: %(uses)s.") % {"uses": names}, uses=uses
        )
    segment.is_archived, segment.updated_at = True, now
    segment.save(update_fields=["is_archived", "updated_at"])
    record_act(action="group_segment.archive", operator=operator, now=now, subject=segment)


def _clean_name(name: str) -> str:
    cleaned = one_line(name)
    if not cleaned:
        raise InvalidInput(_("Give the segment a name."), field="name")
    if len(cleaned) > NAME_LIMIT:
        raise InvalidInput(_("At most %(limit)d characters.") % {"limit": NAME_LIMIT}, field="name")
    return cleaned


def _save_named(segment: GroupSegment) -> None:
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError:
        raise InvalidInput(
            _("There is a segment of this name already; choose another."), field="name"
        ) from None


def _keep_version(segment: GroupSegment, operator: Operator, now: datetime) -> None:
    GroupSegmentVersion.objects.create(
        segment=segment, version=segment.version, rule=segment.rule, at=now, created_by=operator
    )
