"""The library of group tags (群标签库), and putting tags on groups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from groups.models import GroupChat, GroupTag, GroupTagMark, GroupTagSet
from groups.selectors.tags import TagUse, uses_of
from groups.services.nickname_due import note_tagged
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.typed import one_line

NAME_LIMIT = 30
NAMES_AT_ONCE = 100
TAGS_AT_ONCE = 100

Entry = GroupTag | GroupTagSet


class GroupTagInUse(ScrmError):
    """The tag cannot be deleted; `uses` lists what still needs it."""

    code = "group_tag_in_use"

    def __init__(self, message: str, *, uses: Sequence[TagUse]) -> None:
        super().__init__(message)
        self.uses = list(uses)


@transaction.atomic
def create_group_tags(
    *,
    names: Sequence[str],
    now: datetime,
    operator: Operator,
    tag_set: GroupTagSet | None = None,
    set_name: str = "",
) -> GroupTagSet:
    """New tags in `tag_set`, or in a new set (新建群标签). Raises InvalidInput (names, set_name)."""
    wanted = _clean_names(names)
    if tag_set is None:
        last = GroupTagSet.objects.aggregate(last=Max("order"))["last"]
        tag_set = GroupTagSet(name=_clean(set_name, "set_name"), order=(last or 0) + 1)
        _save_named(tag_set, "set_name")
    else:
        tag_set = GroupTagSet.objects.select_for_update().get(pk=tag_set.pk, is_gone=False)
    live = tag_set.tags.filter(is_gone=False)
    taken = list(live.filter(name__in=wanted).values_list("name", flat=True))
    if taken:
        raise InvalidInput(
            _("The set has these tags already: %(names)s") % {"names": ", ".join(taken)},
            field="names",
        )
    first = (live.aggregate(last=Max("order"))["last"] or 0) + 1
    GroupTag.objects.bulk_create(
        GroupTag(tag_set=tag_set, name=name, order=first + place)
        for place, name in enumerate(wanted)
    )
    record_act(
        action="group_tag.create",
        operator=operator,
        now=now,
        subject=tag_set,
        details={"names": wanted},
    )
    return tag_set


@transaction.atomic
def rename_group_tag(*, entry: Entry, name: str, now: datetime, operator: Operator) -> None:
    """Another name for a tag or a set (改名). Raises InvalidInput (name)."""
    before, entry.name = entry.name, _clean(name, "name")
    if entry.name == before:
        return
    _save_named(entry, "name")
    details = {"from": before, "to": entry.name}
    record_act(
        action="group_tag.rename", operator=operator, now=now, subject=entry, details=details
    )


@transaction.atomic
def move_group_tag(*, entry: Entry, is_up: bool, now: datetime, operator: Operator) -> bool:
    """One place up or down among its neighbours (排序); False at the end."""
    rows = list(_neighbours(entry))
    place = next(index for index, row in enumerate(rows) if row.pk == entry.pk)
    other = place - 1 if is_up else place + 1
    if not 0 <= other < len(rows):
        return False
    rows[place], rows[other] = rows[other], rows[place]
    for order, row in enumerate(rows, start=1):
        type(row)._default_manager.filter(pk=row.pk).exclude(order=order).update(order=order)
    record_act(
        action="group_tag.move",
        operator=operator,
        now=now,
        subject=entry,
        details={"up": is_up},
    )
    return True


@transaction.atomic
def delete_group_tag(*, entry: Entry, now: datetime, operator: Operator) -> None:
    """Delete a tag, or a set with its tags (删除); groups lose it. Raises GroupTagInUse."""
    tags = [entry] if isinstance(entry, GroupTag) else list(entry.tags.filter(is_gone=False))
    uses = uses_of(tags)
    if uses:
        names = ", ".join(f"{use.kind} {use.name}" for use in uses)
        raise GroupTagInUse(_("This tag is still used by: %(uses)s.") % {"uses": names}, uses=uses)
    carried = GroupTagMark.objects.filter(tag__in=tags)
    details = {"tags": [tag.name for tag in tags], "groups": carried.count()}
    carried.delete()
    GroupTag.objects.filter(pk__in=[tag.pk for tag in tags]).update(is_gone=True)
    if isinstance(entry, GroupTagSet):
        GroupTagSet.objects.filter(pk=entry.pk).update(is_gone=True)
    record_act(
        action="group_tag.delete", operator=operator, now=now, subject=entry, details=details
    )


@transaction.atomic
def mark_groups(
    *,
    groups: QuerySet[GroupChat],
    now: datetime,
    operator: Operator,
    add_tag_ids: Sequence[int] = (),
    remove_tag_ids: Sequence[int] = (),
) -> int:
    """Put tags on these groups and take tags off them (批量打群标签), by one statement each.

    Answers how many groups changed. `groups` is what the operator may see. Raises InvalidInput.
    """
    add, remove = _known(add_tag_ids, "add_tag_ids"), _known(remove_tag_ids, "remove_tag_ids")
    if not add and not remove:
        raise InvalidInput(_("Choose a tag to put on or to take off."), field="add_tag_ids")
    if set(add) & set(remove):
        raise InvalidInput(
            _("A tag cannot be put on and taken off at once."), field="remove_tag_ids"
        )
    ids = list(groups.order_by().values_list("pk", flat=True))
    if not ids:
        raise InvalidInput(_("No group is chosen."), field="group_ids")
    changed: set[int] = set()
    with connection.cursor() as cursor:
        for statement, tags in ((_ADD, add), (_REMOVE, remove)):
            cursor.execute(statement, {"groups": ids, "tags": tags, "now": now})
            changed |= {group_id for (group_id,) in cursor.fetchall()}
    note_tagged(sorted(changed), tag_ids=[*add, *remove])
    record_act(
        action="group_tag.mark",
        operator=operator,
        now=now,
        subject=GroupChat(pk=ids[0]) if len(ids) == 1 else None,
        details={"add": add, "remove": remove, "groups": len(ids), "changed": len(changed)},
    )
    return len(changed)


_ADD = """
INSERT INTO groups_grouptagmark (group_id, tag_id, at)
SELECT g, t, %(now)s FROM unnest(%(groups)s::bigint[]) g CROSS JOIN unnest(%(tags)s::bigint[]) t
ORDER BY g, t ON CONFLICT (group_id, tag_id) DO NOTHING RETURNING group_id
"""

_REMOVE = """
DELETE FROM groups_grouptagmark
WHERE group_id = ANY(%(groups)s::bigint[]) AND tag_id = ANY(%(tags)s::bigint[])
RETURNING group_id
"""


def _known(ids: Sequence[int], field: str) -> list[int]:
    wanted = sorted(set(ids))
    if len(wanted) > TAGS_AT_ONCE:
        raise InvalidInput(
            _("At most %(limit)d tags at once.") % {"limit": TAGS_AT_ONCE}, field=field
        )
    if GroupTag.objects.filter(pk__in=wanted, is_gone=False).count() < len(wanted):
        raise InvalidInput(_("One of the tags does not exist any more."), field=field)
    return wanted


def _neighbours(entry: Entry) -> list[Entry]:
    rows: list[Entry] = []
    if isinstance(entry, GroupTag):
        rows += GroupTag.objects.select_for_update().filter(tag_set=entry.tag_set_id, is_gone=False)
    else:
        rows += GroupTagSet.objects.select_for_update().filter(is_gone=False)
    return rows


def _save_named(entry: Entry, field: str) -> None:
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError:
        raise InvalidInput(_("This name is taken already."), field=field) from None


def _clean(name: str, field: str) -> str:
    cleaned = one_line(name)
    if not cleaned:
        raise InvalidInput(_("Give a name."), field=field)
    if len(cleaned) > NAME_LIMIT:
        raise InvalidInput(
            _("“%(name)s” is too long: at most %(limit)d characters.")
            % {"name": cleaned[:40], "limit": NAME_LIMIT},
            field=field,
        )
    return cleaned


def _clean_names(names: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(_clean(name, "names") for name in names if name.strip()))
    if not wanted:
        raise InvalidInput(_("Write at least one tag."), field="names")
    if len(wanted) > NAMES_AT_ONCE:
        raise InvalidInput(
            _("At most %(limit)d tags at once.") % {"limit": NAMES_AT_ONCE}, field="names"
        )
    return wanted
