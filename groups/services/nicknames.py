"""Read the nicknames that are due, and keep customers' tags equal to what they say.

Groups are taken some at a time, each time in one transaction: a worker that is killed leaves them
due. What was read is kept, so only nicknames that changed are taken apart again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from contacts.models import Tag, TagKind
from contacts.services import tag_sql
from contacts.services.facts import refresh_facts
from contacts.services.tag_library import create_tags
from contacts.services.tag_marking import mark_internal
from groups.models import NicknameDue, NicknamePart, NicknameRule, NicknameValue, NicknameWord
from groups.rules.nickname import key_of, parse
from groups.services import nickname_sql
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.wecom.maxima import TAG_NAME_CHARS

# A group has 500 members at most, so this is one short transaction.
_GROUPS_AT_ONCE = 20
# Beyond this a group of tags is no vocabulary any more; what comes then is listed for review.
TAGS_MADE_LIMIT = 200
VALUE_LIMIT = 64


@dataclass(frozen=True)
class Part:
    """One part with what its values mean: tags by key, None for “nothing”."""

    row: NicknamePart
    meanings: dict[str, int | None]


@dataclass(frozen=True)
class Told:
    """A nickname to read."""

    member_id: int
    contact_id: int
    nickname: str


def read_due(*, clock: Callable[[], datetime], until: datetime) -> int:
    """Read groups that are due until none is left or the moment `until`; answers how many."""
    done = 0
    while clock() < until:
        taken = _read_some(now=clock())
        if not taken:
            break
        done += taken
    return done


def is_anything_due() -> bool:
    return NicknameDue.objects.exists()


def parts_of(rule: NicknameRule) -> list[Part]:
    """The rule's parts with the meanings of their values: names of tags, then what was decided."""
    return [Part(part, _meanings(part)) for part in rule.parts.select_related("tag_group")]


@transaction.atomic
def _read_some(*, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(nickname_sql.CLAIM, {"limit": _GROUPS_AT_ONCE})
        groups = [group_id for (group_id,) in cursor.fetchall()]
        if not groups:
            return 0
        # A customer may be in two groups that two workers read at once.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('groups.nicknames'))")
        cursor.execute(nickname_sql.FORGET_OUTDATED, {"groups": groups})
        contacts = {contact_id for (contact_id,) in cursor.fetchall()}
        cursor.execute(nickname_sql.TO_READ, {"groups": groups})
        told: dict[int, list[Told]] = defaultdict(list)
        for rule_id, *rest in cursor.fetchall():
            told[rule_id].append(Told(*rest))
    for rule in NicknameRule.objects.filter(pk__in=told).select_related("created_by"):
        _read(rule, told[rule.pk], now=now)
        contacts |= {one.contact_id for one in told[rule.pk]}
    apply_readings(contact_ids=sorted(contacts), now=now)
    return len(groups)


def apply_readings(*, contact_ids: Sequence[int], now: datetime) -> None:
    """Make the tags of these customers what their nicknames say, in sets tag by tag."""
    if not contact_ids:
        return
    moved: set[int] = set()
    for tag_id, contacts in _rows(nickname_sql.TO_REMOVE, contact_ids):
        moved |= mark_internal(tag_sql.REMOVE_INTERNAL, contacts, [tag_id], by="", now=now)
    for tag_id, contacts in _rows(nickname_sql.TO_ADD, contact_ids):
        put_on = mark_internal(tag_sql.ADD_INTERNAL, contacts, [tag_id], by="", now=now)
        with connection.cursor() as cursor:
            cursor.execute(nickname_sql.REMEMBER, {"contacts": sorted(put_on), "tag": tag_id})
        moved |= put_on
    refresh_facts(contact_ids=sorted(moved))


def _rows(statement: str, contact_ids: Sequence[int]) -> list[tuple[int, list[int]]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"contacts": list(contact_ids)})
        found: list[tuple[int, list[int]]] = cursor.fetchall()
        return found


def _read(rule: NicknameRule, told: Sequence[Told], *, now: datetime) -> None:
    parts = parts_of(rule)
    parsed = [parse(one.nickname, separators=rule.separators, parts=len(parts)) for one in told]
    fine = [found.parts for found in parsed if found.problem is None]
    for part in parts:
        _make_tags(rule, part, (values[part.row.place] for values in fine), now=now)
    readings = _keep_readings(
        rule, told, [found.problem.value if found.problem else "" for found in parsed], now
    )
    rows: list[tuple[int, int, str, str, int | None]] = []
    for one, found in zip(told, parsed, strict=True):
        if found.problem is None:
            rows += _values(readings[one.member_id], parts, found.parts)
    NicknameValue.objects.filter(reading__in=readings.values()).delete()
    with connection.cursor() as cursor:
        names = ("readings", "parts", "texts", "keys", "tags")
        columns: list[Any] = [list(column) for column in zip(*rows, strict=True)] or [[]] * 5
        cursor.execute(nickname_sql.KEEP_VALUES, dict(zip(names, columns, strict=True)))


def _keep_readings(
    rule: NicknameRule, told: Sequence[Told], problems: Sequence[str], now: datetime
) -> dict[int, int]:
    """Write the readings; answers their keys by member."""
    with connection.cursor() as cursor:
        cursor.execute(
            nickname_sql.KEEP_READING,
            {
                "rule": rule.pk,
                "version": rule.version,
                "now": now,
                "members": [one.member_id for one in told],
                "contacts": [one.contact_id for one in told],
                "nicknames": [one.nickname for one in told],
                "problems": list(problems),
            },
        )
        return dict(cursor.fetchall())


def _values(
    reading_id: int, parts: Sequence[Part], texts: Sequence[str]
) -> Iterable[tuple[int, int, str, str, int | None]]:
    """What is worth keeping of a nickname: known values, and unknown ones to be reviewed."""
    for part, text in zip(parts, texts, strict=True):
        key = key_of(text)[:VALUE_LIMIT]
        if part.row.tag_group_id is None:
            continue
        if key in part.meanings:
            tag_id = part.meanings[key]
            if tag_id is not None:
                yield reading_id, part.row.pk, text[:VALUE_LIMIT], key, tag_id
        elif part.row.unknown != NicknamePart.Unknown.IGNORE:
            yield reading_id, part.row.pk, text[:VALUE_LIMIT], key, None


def _meanings(part: NicknamePart) -> dict[str, int | None]:
    if part.tag_group_id is None:
        return {}
    tags = Tag.objects.filter(group=part.tag_group_id, is_gone=False, kind=TagKind.INTERNAL)
    known: dict[str, int | None] = {key_of(name): pk for pk, name in tags.values_list("pk", "name")}
    words = NicknameWord.objects.filter(part=part).exclude(tag__is_gone=True)
    decided: dict[str, int | None] = {word.key: word.tag_id for word in words}
    return known | decided


def _make_tags(rule: NicknameRule, part: Part, texts: Iterable[str], *, now: datetime) -> None:
    """New tags for unknown values where the rule says so, as its maker would make them."""
    if part.row.unknown != NicknamePart.Unknown.CREATE or part.row.tag_group is None:
        return
    new = {key_of(text): text for text in texts if len(text) <= TAG_NAME_CHARS}
    names = [text for key, text in new.items() if key not in part.meanings]
    room = TAGS_MADE_LIMIT - Tag.objects.filter(group=part.row.tag_group, is_gone=False).count()
    maker = rule.created_by
    if not names or room <= 0 or not isinstance(maker, Operator):
        return
    for start in range(0, min(len(names), room), 100):
        some = names[start : min(start + 100, room)]
        try:
            with transaction.atomic():
                create_tags(names=some, group=part.row.tag_group, operator=maker, now=now)
        except InvalidInput:
            return  # somebody made one of them meanwhile; what stays unknown is listed
    part.meanings.update(_meanings(part.row))
