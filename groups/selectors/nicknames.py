"""What nickname rules (群昵称规则) make of nicknames: a trial beforehand, and what was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet

from contacts.models import Tag, TagGroup, TagKind
from contacts.selectors.visibility import visible_contacts
from groups.models import (
    GroupMember,
    GroupTagMark,
    NicknameMark,
    NicknamePart,
    NicknameReading,
    NicknameRule,
    NicknameValue,
    NicknameWord,
)
from groups.rules.nickname import key_of, parse
from groups.selectors.group_list import visible_groups
from scrm.console.models import Operator

TRIAL_LIMIT = 20_000
_SAMPLES, _LISTED = 12, 30

PROBLEM_WORDS = dict(NicknameReading._meta.get_field("problem").flatchoices)


@dataclass(frozen=True)
class TrialPart:
    """A part as a trial needs it; `tag_group_id` None is a part that is not read."""

    name: str
    tag_group_id: int | None
    unknown: str
    row: NicknamePart | None = None


@dataclass(frozen=True)
class ValueRead:
    """What one part of a nickname says: the tag's name, or that it is new, unknown or left out."""

    part: str
    text: str
    verdict: str
    tag: str = ""


@dataclass(frozen=True)
class Example:
    """One nickname taken apart; `problem` in words when it does not follow the rule."""

    nickname: str
    values: list[ValueRead]
    problem: str = ""


@dataclass(frozen=True)
class Trial:
    """What a rule would do to the members it is about (试运行); nothing is written.

    `looked_at` of `members` nicknames were read. `tags` are (part, tag, customers), `unknown`
    (part, value, members, verdict), the most frequent first. `conflicts`: customers who call
    themselves differently in two groups.
    """

    members: int = 0
    looked_at: int = 0
    parsed: int = 0
    problems: list[tuple[str, int]] = field(default_factory=list)
    tags: list[tuple[str, str, int]] = field(default_factory=list)
    unknown: list[tuple[str, str, int, str]] = field(default_factory=list)
    conflicts: int = 0
    examples: list[Example] = field(default_factory=list)
    unread: list[Example] = field(default_factory=list)


class Reader:
    """Takes nicknames apart and says what each value means. Two queries for each part."""

    def __init__(self, separators: str, parts: Sequence[TrialPart]) -> None:
        self._separators, self._parts = separators, parts
        self._meanings = [_meanings(part) for part in parts]

    def read(self, nickname: str) -> Example:
        found = parse(nickname, separators=self._separators, parts=len(self._parts))
        if found.problem is not None:
            return Example(nickname, [], str(PROBLEM_WORDS[found.problem.value]))
        return Example(
            nickname,
            [
                self._value(place, part, text)
                for place, (part, text) in enumerate(zip(self._parts, found.parts, strict=True))
            ],
        )

    def _value(self, place: int, part: TrialPart, text: str) -> ValueRead:
        if part.tag_group_id is None:
            return ValueRead(part.name, text, "not_read")
        meanings, key = self._meanings[place], key_of(text)[:64]
        if key in meanings:
            tag = meanings[key]
            return ValueRead(part.name, text, "tag" if tag else "ignore", tag)
        return ValueRead(part.name, text, part.unknown)


def members_of(
    *, scope: str, group_ids: Sequence[int], tag_ids: Sequence[int], operator: Operator
) -> QuerySet[GroupMember]:
    """Customers with a nickname in the groups a rule is about, as far as the operator sees them."""
    groups = visible_groups(operator).filter(dismissed_at__isnull=True)
    if scope == NicknameRule.Scope.GROUPS:
        groups = groups.filter(pk__in=list(group_ids))
    elif scope == NicknameRule.Scope.TAGS:
        marks = GroupTagMark.objects.filter(tag__in=list(tag_ids))
        groups = groups.filter(pk__in=marks.values("group"))
    return GroupMember.objects.filter(
        group__in=groups.values("pk"), left_at__isnull=True, contact__isnull=False
    ).exclude(group_nickname="")


def trial(reader: Reader, members: QuerySet[GroupMember]) -> Trial:
    """Read the nicknames of these members, at most TRIAL_LIMIT of them; nothing is written."""
    rows = list(
        members.order_by("-joined_at", "-pk").values_list("contact_id", "group_nickname")[
            :TRIAL_LIMIT
        ]
    )
    problems: Counter[str] = Counter()
    tags: dict[tuple[str, str], set[int]] = {}
    unknown: Counter[tuple[str, str, str]] = Counter()
    said: dict[tuple[int, str], set[str]] = {}
    examples, unread = [], []
    for contact_id, nickname in rows:
        read = reader.read(nickname)
        if read.problem:
            problems[read.problem] += 1
            unread.append(read)
            continue
        examples.append(read)
        for value in read.values:
            if value.verdict == "tag":
                tags.setdefault((value.part, value.tag), set()).add(contact_id)
                said.setdefault((contact_id, value.part), set()).add(value.tag)
            elif value.verdict in NicknamePart.Unknown.values and value.text:
                unknown[value.part, value.text, value.verdict] += 1
    return Trial(
        members=members.count() if len(rows) == TRIAL_LIMIT else len(rows),
        looked_at=len(rows),
        parsed=len(examples),
        problems=problems.most_common(),
        tags=sorted(
            ((part, tag, len(who)) for (part, tag), who in tags.items()),
            key=lambda row: (row[0], -row[2]),
        ),
        unknown=[
            (part, text, number, verdict)
            for (part, text, verdict), number in unknown.most_common(_LISTED)
        ],
        conflicts=sum(len(names) > 1 for names in said.values()),
        examples=examples[:_SAMPLES],
        unread=unread[:_SAMPLES],
    )


def trial_parts(rule: NicknameRule) -> list[TrialPart]:
    """A saved rule's parts, with what was decided about their values."""
    return [
        TrialPart(part.name, part.tag_group_id, part.unknown, part) for part in rule.parts.all()
    ]


def internal_groups() -> list[tuple[int, str]]:
    """Internal tag groups that a part may go with: (key, name)."""
    groups = TagGroup.objects.filter(kind=TagKind.INTERNAL, is_gone=False)
    return list(groups.values_list("pk", "name"))


# --- what was read -----------------------------------------------------------------------------


def live_rules() -> QuerySet[NicknameRule]:
    """Rules that are not ended, each with `read`, `unread` (nicknames), newest first."""
    return (
        NicknameRule.objects.exclude(state=NicknameRule.State.ENDED)
        .annotate(
            read=Count("readings", filter=Q(readings__problem="")),
            unread=Count("readings", filter=~Q(readings__problem="")),
        )
        .order_by("-updated_at", "-pk")
    )


@dataclass(frozen=True)
class UnknownValue:
    """A value nobody has given a meaning yet, and how many nicknames have it."""

    part: NicknamePart
    key: str
    text: str
    members: int


def unknown_values(rule: NicknameRule, operator: Operator) -> list[UnknownValue]:
    """Values to decide about, of customers this operator may see, the most frequent first."""
    values = NicknameValue.objects.filter(part__rule=rule, tag__isnull=True)
    if not operator.sees_everything:
        values = values.filter(reading__contact__in=visible_contacts(operator))
    rows = (
        values.values("part", "key")
        .annotate(members=Count("pk"), spelling=Max("text"))
        .order_by("-members", "key")[:_LISTED]
    )
    parts = {part.pk: part for part in rule.parts.all()}
    return [
        UnknownValue(parts[row["part"]], row["key"], row["spelling"], row["members"])
        for row in rows
    ]


def words_of(rule: NicknameRule) -> QuerySet[NicknameWord]:
    """What was decided about values."""
    return NicknameWord.objects.filter(part__rule=rule).select_related("part", "tag")


def unread_of(rule: NicknameRule, operator: Operator) -> QuerySet[NicknameReading]:
    """Nicknames that do not follow the rule, of customers this operator may see."""
    readings = rule.readings.exclude(problem="").select_related("contact", "member__group")
    return readings.filter(contact__in=visible_contacts(operator)).order_by("-at", "-pk")


@dataclass(frozen=True)
class Conflict:
    """A customer who calls herself differently in two groups; the latest counts."""

    contact_id: int
    name: str
    part: str
    said: str


def conflicts_of(rule: NicknameRule, operator: Operator, *, limit: int = _LISTED) -> list[Conflict]:
    with connection.cursor() as cursor:
        cursor.execute(_CONFLICTS, {"rule": rule.pk, "limit": limit * 4})
        rows = cursor.fetchall()
    visible = set(
        visible_contacts(operator)
        .filter(pk__in=[row[0] for row in rows])
        .values_list("pk", flat=True)
    )
    return [Conflict(*row) for row in rows if row[0] in visible][:limit]


def tagged_by_nicknames() -> int:
    """How many customers carry a tag because of a nickname."""
    return NicknameMark.objects.values("contact").distinct().count()


def tags_for_choice(part: NicknamePart) -> list[tuple[int, str]]:
    """Tags of a part's group: (key, name)."""
    tags = Tag.objects.filter(group=part.tag_group_id, is_gone=False)
    return list(tags.values_list("pk", "name"))


def _meanings(part: TrialPart) -> dict[str, str]:
    """Names of tags by value; "" for a value that was decided to mean nothing."""
    if part.tag_group_id is None:
        return {}
    tags = Tag.objects.filter(group=part.tag_group_id, is_gone=False, kind=TagKind.INTERNAL)
    known = {key_of(name): name for name in tags.values_list("name", flat=True)}
    if part.row is not None:
        words = NicknameWord.objects.filter(part=part.row).exclude(tag__is_gone=True)
        known |= {key: name or "" for key, name in words.values_list("key", "tag__name")}
    return known


_CONFLICTS = """
SELECT d.contact_id, c.name, p.name, string_agg(DISTINCT t.name, ' / ')
FROM groups_nicknamereading d
JOIN groups_nicknamevalue v ON v.reading_id = d.id
JOIN groups_nicknamepart p ON p.id = v.part_id
JOIN contacts_tag t ON t.id = v.tag_id AND NOT t.is_gone
JOIN contacts_contact c ON c.id = d.contact_id
WHERE d.rule_id = %(rule)s
GROUP BY d.contact_id, c.name, p.id, p.name
HAVING count(DISTINCT v.tag_id) > 1
ORDER BY d.contact_id, p.name LIMIT %(limit)s
"""
