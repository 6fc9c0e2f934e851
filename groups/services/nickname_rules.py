"""Write, change, put in force and end rules for nicknames (群昵称规则)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts.models import Tag, TagGroup, TagKind
from contacts.services.tag_library import create_tags
from groups.models import (
    GroupChat,
    GroupTag,
    NicknamePart,
    NicknameReading,
    NicknameRule,
    NicknameValue,
    NicknameWord,
)
from groups.rules.nickname import PARTS_LIMIT, key_marks, key_of
from groups.services.nickname_due import note_rule
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.typed import one_line

NAME_LIMIT = 64
PART_NAME_LIMIT = 30
SEPARATORS_LIMIT = 16

State, Scope = NicknameRule.State, NicknameRule.Scope


@dataclass(frozen=True)
class PartWanted:
    """One part: its name, the internal tag group of its values (None: not read), and what to do
    with values that are no tag yet ("review", "create" or "ignore")."""

    name: str
    tag_group_id: int | None = None
    unknown: str = NicknamePart.Unknown.REVIEW.value


@dataclass(frozen=True)
class RuleWanted:
    """What an operator wrote. `group_ids` go with scope "groups", `tag_ids` with "tags"."""

    name: str
    separators: str
    parts: tuple[PartWanted, ...]
    scope: str = Scope.ALL.value
    group_ids: tuple[int, ...] = ()
    tag_ids: tuple[int, ...] = ()


@transaction.atomic
def create_nickname_rule(*, wanted: RuleWanted, now: datetime, operator: Operator) -> NicknameRule:
    """A new rule, not in force yet (新建规则). Raises InvalidInput (name, separators, parts, scope)."""
    wanted = _checked(wanted)
    rule = NicknameRule(created_by=operator, created_at=now)
    _write(rule, wanted, now=now)
    _record("create", rule, operator, now, {"parts": [asdict(part) for part in wanted.parts]})
    return rule


@transaction.atomic
def update_nickname_rule(
    *, rule_id: int, wanted: RuleWanted, now: datetime, operator: Operator
) -> NicknameRule:
    """Change a rule (修改规则). One that is in force reads every nickname again by its new form."""
    wanted = _checked(wanted)
    rule = NicknameRule.objects.select_for_update().exclude(state=State.ENDED).get(pk=rule_id)
    rule.version += 1
    if rule.state == State.ACTIVE:
        note_rule(rule)  # the groups it leaves
    _write(rule, wanted, now=now)
    if rule.state == State.ACTIVE:
        note_rule(rule)
    _record("update", rule, operator, now, {"version": rule.version})
    return rule


@transaction.atomic
def set_state(*, rule_id: int, state: str, now: datetime, operator: Operator) -> bool:
    """Put a rule in force (启用), pause (暂停) or end it (结束); customers follow in moments.

    A rule that is not in force takes its tags off again. False when it is so already. Raises
    InvalidInput for a rule without a part that is read.
    """
    rule = NicknameRule.objects.select_for_update().get(pk=rule_id)
    if rule.state in (state, State.ENDED):
        return False
    if state == State.ACTIVE and not rule.parts.filter(tag_group__isnull=False).exists():
        raise InvalidInput(_("Choose an internal tag group for at least one part."), field="parts")
    rule.state, rule.updated_at = State(state), now
    rule.save(update_fields=["state", "updated_at"])
    note_rule(rule)
    verbs = {State.ACTIVE: "activate", State.PAUSED: "pause", State.ENDED: "end"}
    _record(verbs[State(state)], rule, operator, now, {})
    return True


@transaction.atomic
def decide_value(
    *,
    part: NicknamePart,
    text: str,
    now: datetime,
    operator: Operator,
    tag_id: int | None = None,
    is_new: bool = False,
) -> NicknameWord:
    """Say what an unknown value means: a tag of the part's group, a new tag of its name, or
    nothing (neither). Whoever calls herself so is read again. Raises InvalidInput (tag_id).
    """
    if part.tag_group is None:
        raise InvalidInput(_("This part is not read."), field="tag_id")
    key = key_of(text)[:64]
    if is_new:
        create_tags(names=[text], group=part.tag_group, operator=operator, now=now)
        tag = Tag.objects.get(group=part.tag_group, name=" ".join(text.split()), is_gone=False)
    elif tag_id is not None:
        found = Tag.objects.filter(pk=tag_id, group=part.tag_group, is_gone=False).first()
        if found is None:
            raise InvalidInput(_("One of the tags does not exist any more."), field="tag_id")
        tag = found
    word, _is_new = NicknameWord.objects.update_or_create(
        part=part, key=key, defaults={"tag": tag if is_new or tag_id is not None else None}
    )
    unknown = NicknameValue.objects.filter(part=part, key=key, tag__isnull=True)
    NicknameReading.objects.filter(pk__in=unknown.values("reading")).update(version=0)
    note_rule(part.rule)
    details: dict[str, object] = {"value": text, "tag": word.tag_id}
    _record("decide", part.rule, operator, now, details)
    return word


def _write(rule: NicknameRule, wanted: RuleWanted, *, now: datetime) -> None:
    rule.name, rule.separators, rule.scope = wanted.name, wanted.separators, wanted.scope
    rule.group_ids = sorted(wanted.group_ids) if wanted.scope == Scope.GROUPS else []
    rule.tag_ids = sorted(wanted.tag_ids) if wanted.scope == Scope.TAGS else []
    rule.updated_at = now
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError:
        raise InvalidInput(_("This name is taken already."), field="name") from None
    rule.parts.filter(place__gte=len(wanted.parts)).delete()
    for place, part in enumerate(wanted.parts):
        known = rule.parts.filter(place=place).first()
        # What a word means belongs to its tag group; another group is another part.
        if known is not None and known.tag_group_id != part.tag_group_id:
            known.delete()
        rule.parts.update_or_create(place=place, defaults=asdict(part))


def _checked(wanted: RuleWanted) -> RuleWanted:
    name = one_line(wanted.name)
    if not name:
        raise InvalidInput(_("Give a name."), field="name")
    if len(name) > NAME_LIMIT:
        raise InvalidInput(_("At most %(limit)d characters.") % {"limit": NAME_LIMIT}, field="name")
    separators = key_marks(wanted.separators.replace("\0", ""))
    if not separators or len(separators) > SEPARATORS_LIMIT:
        raise InvalidInput(
            _("Give the characters that stand between the parts."), field="separators"
        )
    if any(mark.isalnum() for mark in separators):
        raise InvalidInput(_("Letters and digits cannot separate parts."), field="separators")
    _check_scope(wanted)
    return RuleWanted(
        name,
        separators,
        _checked_parts(wanted.parts),
        wanted.scope,
        wanted.group_ids,
        wanted.tag_ids,
    )


def _checked_parts(parts: Sequence[PartWanted]) -> tuple[PartWanted, ...]:
    if not 2 <= len(parts) <= PARTS_LIMIT:
        raise InvalidInput(
            _("A nickname has two to %(limit)d parts.") % {"limit": PARTS_LIMIT}, field="parts"
        )
    names = [one_line(part.name) for part in parts]
    if not all(names) or any(len(name) > PART_NAME_LIMIT for name in names):
        raise InvalidInput(
            _("Give each part a name of at most %(limit)d characters.")
            % {"limit": PART_NAME_LIMIT},
            field="parts",
        )
    asked = [part.tag_group_id for part in parts if part.tag_group_id is not None]
    if len(asked) != len(set(asked)):
        raise InvalidInput(_("Each tag group goes with one part only."), field="parts")
    internal = TagGroup.objects.filter(pk__in=asked, kind=TagKind.INTERNAL, is_gone=False)
    if internal.count() != len(asked):
        raise InvalidInput(_("A part goes with an internal tag group."), field="parts")
    if any(part.unknown not in NicknamePart.Unknown.values for part in parts):
        raise InvalidInput(_("Choose what happens to unknown values."), field="parts")
    return tuple(
        PartWanted(name, part.tag_group_id, part.unknown)
        for name, part in zip(names, parts, strict=True)
    )


def _check_scope(wanted: RuleWanted) -> None:
    if wanted.scope not in Scope.values:
        raise InvalidInput(_("Choose the groups the rule is about."), field="scope")
    groups = GroupChat.objects.filter(pk__in=wanted.group_ids).count()
    if wanted.scope == Scope.GROUPS and (not groups or groups < len(set(wanted.group_ids))):
        raise InvalidInput(_("Choose at least one group."), field="group_ids")
    tags = GroupTag.objects.filter(pk__in=wanted.tag_ids, is_gone=False).count()
    if wanted.scope == Scope.TAGS and (not tags or tags < len(set(wanted.tag_ids))):
        raise InvalidInput(_("Choose at least one group tag."), field="tag_ids")


def _record(
    verb: str, rule: NicknameRule, operator: Operator, now: datetime, details: dict[str, object]
) -> None:
    record_act(
        action=f"nickname_rule.{verb}", operator=operator, now=now, subject=rule, details=details
    )
