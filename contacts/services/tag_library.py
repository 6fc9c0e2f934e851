"""The library of tags (标签库): create, rename, order and delete groups and tags.

WeCom tags are changed in WeCom first and in our tables after it, because our own calls cause no
callback. When WeCom gives no readable answer, its list is read and tells what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from contacts.models import ContactTag, FollowTag, Tag, TagGroup, TagKind, TagRule
from contacts.services.facts import refresh_facts
from contacts.services.tags import store_tags
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.jobs import enqueue_on_commit
from scrm.typed import one_line
from scrm.wecom.maxima import TAG_NAME_CHARS, TAGS_PER_CORP

NAMES_AT_ONCE = 100

_TAKEN_OFF_AT_ONCE = 20_000

Entry = Tag | TagGroup


class TagRefused(ScrmError):
    """WeCom did not do it; the sentence says why and what helps."""

    code = "tag_refused"


def create_tags(
    *,
    names: Sequence[str],
    now: datetime,
    operator: Operator,
    group: TagGroup | None = None,
    group_name: str = "",
    kind: str = TagKind.WECOM,
) -> TagGroup:
    """New tags in `group`, or in a new group of `kind` (新建标签). A WeCom group needs a tag.

    Raises InvalidInput with the field names, group_name, or kind; TagRefused.
    """
    kind = group.kind if group else TagKind(kind).value
    wanted = _clean_names(names, group, is_needed=group is not None or kind == TagKind.WECOM)
    group_name = "" if group else _clean(group_name, "group_name")
    _check_free_group(group_name, kind)
    if kind == TagKind.WECOM:
        _check_room(len(wanted))
        made = _create_in_wecom(wanted, group, group_name)
    else:
        made = group or _new_group(group_name)
        _new_tags(made, wanted)
    record_act(
        action="tag.create" if group else "tag.create_group",
        operator=operator,
        now=now,
        subject=made,
        details={"names": wanted},
    )
    return made


def rename(*, entry: Entry, name: str, now: datetime, operator: Operator) -> None:
    """Another name for a tag or a group (改名). Raises InvalidInput (name), TagRefused."""
    name, before = _clean(name, "name"), entry.name
    if name == before:
        return
    _check_free_name(entry, name)
    if entry.kind == TagKind.WECOM:
        _change_in_wecom(
            entry, lambda: wecom.get_gateway().edit_corp_tag(_wecom_id(entry), name=name)
        )
        entry.refresh_from_db()
    entry.name = name
    with transaction.atomic():
        entry.save(update_fields=["name"])
        _record(entry, "rename", operator, now, {"from": before, "to": name})


def move(*, entry: Entry, is_up: bool, now: datetime, operator: Operator) -> bool:
    """One place up or down among its neighbours (排序); False at the end. Raises TagRefused.

    WeCom shows the higher order first. Orders that collide are pushed up, never down below 0.
    """
    rows = _neighbours(entry)
    place = next(index for index, row in enumerate(rows) if row.pk == entry.pk)
    above = place - 1 if is_up else place
    if above < 0 or above + 1 >= len(rows):
        return False
    rows[above], rows[above + 1] = rows[above + 1], rows[above]
    for row, order in _new_orders(rows, above):
        if row.kind == TagKind.WECOM:
            _reorder_in_wecom(row, order)
        type(row).objects.filter(pk=row.pk).update(order=order)
    _record(entry, "move", operator, now, {"up": is_up})
    return True


def delete(*, entry: Entry, now: datetime, operator: Operator) -> None:
    """Delete a tag, or a group with its tags (删除); customers lose it within moments.

    Raises InvalidInput when a rule keeps one of the tags, TagRefused.
    """
    tags = [entry] if isinstance(entry, Tag) else list(entry.tags.filter(is_gone=False))
    kept = TagRule.objects.filter(tag__in=tags).select_related("tag").first()
    if kept is not None:
        raise InvalidInput(
            _("A rule keeps the tag “%(tag)s”. Delete the rule first.") % {"tag": kept.tag.name}
        )
    if entry.kind == TagKind.WECOM:
        _delete_in_wecom(entry)
    with transaction.atomic():
        Tag.objects.filter(pk__in=[tag.pk for tag in tags]).update(is_gone=True)
        gone = TagGroup.objects.filter(
            pk=entry.pk if isinstance(entry, TagGroup) else entry.group_id
        )
        if isinstance(entry, TagGroup) or (entry.kind == TagKind.WECOM and _is_empty(entry)):
            gone.update(is_gone=True)  # WeCom knows no empty group
        _record(entry, "delete", operator, now, {"tags": [tag.name for tag in tags]})
        enqueue_on_commit("contacts.take_off_gone_tags")


def take_off_gone_tags() -> int:
    """Take deleted tags off some customers and renew their facts; 0 when none is left."""
    changed: set[int] = set()
    with transaction.atomic():
        for model, owner in ((FollowTag, "follow__contact_id"), (ContactTag, "contact_id")):
            carried = model._default_manager.filter(tag__is_gone=True)[:_TAKEN_OFF_AT_ONCE]
            rows = list(carried.values_list("pk", owner))
            model._default_manager.filter(pk__in=[pk for pk, _owner in rows]).delete()
            changed |= {contact_id for _pk, contact_id in rows}
        refresh_facts(contact_ids=sorted(changed))
    return len(changed)


def wecom_tag_count() -> int:
    """How many of the corp's tags are used up, as far as our tables know."""
    return Tag.objects.filter(kind=TagKind.WECOM, is_gone=False).count()


# --- WeCom -------------------------------------------------------------------------------------


def _create_in_wecom(names: list[str], group: TagGroup | None, group_name: str) -> TagGroup:
    group_id = group.group_id if group else ""
    try:
        info = wecom.get_gateway().add_corp_tags(names, group_id=group_id, group_name=group_name)
    except wecom.OutcomeUnknown as error:
        reread()
        found = group or _named_group(group_name, TagKind.WECOM)
        made = found.tags.filter(name__in=names, is_gone=False) if found else Tag.objects.none()
        if found is None or made.count() < len(names):
            raise TagRefused(_("WeCom gave no readable answer and has not done it.")) from error
        made.update(is_ours=True)
        return found
    except wecom.TagExists as error:
        reread()  # so that the one that exists is seen here
        raise _refusal(error) from error
    except wecom.WeComError as error:
        raise _refusal(error) from error
    with transaction.atomic():
        store_tags([info], is_complete=False)
        Tag.objects.filter(tag_id__in=[tag.tag_id for tag in info.tags]).update(is_ours=True)
        stored = TagGroup.objects.get(group_id=info.group_id)
        if group is None:
            stored.is_ours = True
            stored.save(update_fields=["is_ours"])
    return stored


def _change_in_wecom(entry: Entry, change: Callable[[], None]) -> None:
    """Ask WeCom for a change. Learns what it tells about who made the entry, or that it is gone."""
    model = type(entry)
    try:
        change()
    except wecom.OutcomeUnknown as error:
        # Asking once more is safe: the change says how things shall be, not how they move.
        reread()
        try:
            change()
        except wecom.WeComError:
            raise TagRefused(
                _("WeCom gave no readable answer. Look at the tags again in a moment.")
            ) from error
    except wecom.NotVisible as error:
        model.objects.filter(pk=entry.pk).update(is_ours=False)
        raise TagRefused(
            _("WeCom lets an app change only tags that it made itself; change this one in WeCom.")
        ) from error
    except wecom.NotFound as error:
        reread()
        raise _refusal(error) from error
    except wecom.WeComError as error:
        raise _refusal(error) from error
    model.objects.filter(pk=entry.pk).update(is_ours=True)


def _reorder_in_wecom(entry: Entry, order: int) -> None:
    _change_in_wecom(
        entry, lambda: wecom.get_gateway().edit_corp_tag(_wecom_id(entry), order=order)
    )


def _delete_in_wecom(entry: Entry) -> None:
    def change() -> None:
        gateway = wecom.get_gateway()
        try:
            if isinstance(entry, Tag):
                gateway.delete_corp_tags(tag_ids=[entry.tag_id])
            else:
                gateway.delete_corp_tags(group_ids=[entry.group_id])
        except wecom.NotFound:
            pass  # what is gone already is what was asked for

    _change_in_wecom(entry, change)


def reread() -> None:
    """Read WeCom's whole list, as an event of it would. Raises TagRefused."""
    try:
        infos = wecom.get_gateway().corp_tags()
    except wecom.WeComError as error:
        raise _refusal(error) from error
    with transaction.atomic():
        refresh_facts(contact_ids=store_tags(infos, is_complete=True))


def _refusal(error: wecom.WeComError) -> TagRefused:
    return TagRefused(f"{error.advice} ({error.code})" if error.code else error.advice)


def _wecom_id(entry: Entry) -> str:
    return entry.tag_id if isinstance(entry, Tag) else entry.group_id


# --- our tables --------------------------------------------------------------------------------


def _new_group(name: str) -> TagGroup:
    highest = TagGroup.objects.filter(kind=TagKind.INTERNAL).aggregate(top=Max("order"))["top"]
    return TagGroup.objects.create(name=name, kind=TagKind.INTERNAL, order=(highest or 0) + 1)


def _new_tags(group: TagGroup, names: list[str]) -> None:
    """Below those the group has, in the order of `names`."""
    with transaction.atomic():
        TagGroup.objects.select_for_update().get(pk=group.pk)
        _check_free_tags(group, names)
        rows = list(group.tags.filter(is_gone=False))
        made = [Tag(group=group, name=name, kind=TagKind.INTERNAL) for name in names]
        Tag.objects.bulk_create(made)
        for order, tag in enumerate(reversed([*rows, *made])):
            Tag.objects.filter(pk=tag.pk).update(order=order)


def _neighbours(entry: Entry) -> list[Entry]:
    """What it is ordered among, the first shown first."""
    rows: list[Entry] = []
    if isinstance(entry, Tag):
        rows += Tag.objects.filter(group=entry.group_id, is_gone=False).order_by("-order", "pk")
    else:
        rows += TagGroup.objects.filter(kind=entry.kind, is_gone=False).order_by("-order", "pk")
    return rows


def _new_orders(rows: Sequence[Entry], above: int) -> list[tuple[Entry, int]]:
    """The fewest new orders that show `rows` as they stand, after row `above` moved up there."""
    changes: list[tuple[Entry, int]] = []
    lowest = rows[above + 1].order + 1
    for row in reversed(rows[: above + 1]):
        if row.order >= lowest and changes:
            break
        changes.append((row, lowest))
        lowest += 1
    return changes


def _record(
    entry: Entry, verb: str, operator: Operator, now: datetime, details: dict[str, object]
) -> None:
    suffix = "" if isinstance(entry, Tag) else "_group"
    record_act(
        action=f"tag.{verb}{suffix}", operator=operator, now=now, subject=entry, details=details
    )


def _is_empty(tag: Tag) -> bool:
    return not Tag.objects.filter(group=tag.group_id, is_gone=False).exists()


# --- checks ------------------------------------------------------------------------------------


def _clean(name: str, field: str) -> str:
    cleaned = one_line(name)
    if not cleaned:
        raise InvalidInput(_("Give a name."), field=field)
    if len(cleaned) > TAG_NAME_CHARS:
        raise InvalidInput(
            _("“%(name)s” is too long: at most %(limit)d characters.")
            % {"name": cleaned[:40], "limit": TAG_NAME_CHARS},
            field=field,
        )
    return cleaned


def _clean_names(names: Sequence[str], group: TagGroup | None, *, is_needed: bool) -> list[str]:
    """Without empty lines and repetitions."""
    wanted = list(dict.fromkeys(_clean(name, "names") for name in names if name.strip()))
    if is_needed and not wanted:
        raise InvalidInput(_("Write at least one tag."), field="names")
    if len(wanted) > NAMES_AT_ONCE:
        raise InvalidInput(
            _("At most %(limit)d tags at once.") % {"limit": NAMES_AT_ONCE}, field="names"
        )
    if group is not None:
        _check_free_tags(group, wanted)
    return wanted


def _check_free_tags(group: TagGroup, names: Sequence[str]) -> None:
    taken = group.tags.filter(name__in=names, is_gone=False).values_list("name", flat=True)
    if taken:
        raise InvalidInput(
            _("The group has these tags already: %(names)s") % {"names": ", ".join(taken)},
            field="names",
        )


def _check_free_group(name: str, kind: str) -> None:
    if name and _named_group(name, kind) is not None:
        raise InvalidInput(_("There is a group of this name already."), field="group_name")


def _named_group(name: str, kind: str) -> TagGroup | None:
    return TagGroup.objects.filter(name=name, kind=kind, is_gone=False).first()


def _check_free_name(entry: Entry, name: str) -> None:
    rows = [row for row in _neighbours(entry) if row.name == name and row.pk != entry.pk]
    if rows:
        raise InvalidInput(_("This name is taken already."), field="name")


def _check_room(number: int) -> None:
    left = TAGS_PER_CORP - wecom_tag_count()
    if number > left:
        raise InvalidInput(
            _("WeCom allows %(limit)d tags a corp; there is room for %(left)d more.")
            % {"limit": TAGS_PER_CORP, "left": max(0, left)},
            field="names",
        )
