"""Steps: departments, staff, corp tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.utils.translation import gettext

from contacts.models import SyncSeen, Tag
from contacts.services.staff import (
    known_departments,
    mark_following,
    mark_left,
    store_departments,
    store_staff,
)
from contacts.services.sync.parallel import ask_each
from contacts.services.sync.seen import mark_seen
from contacts.services.sync.steps import Counts, Page, Question
from contacts.services.tags import store_tags
from scrm import wecom
from scrm.wecom.models import SyncGap

_DEPARTMENTS_PER_PAGE = 10


def read_departments(_question: Question) -> Page:
    """All departments in one page."""
    infos = wecom.get_gateway().departments()
    return Page(
        cursor=None,
        write=partial(_write_departments, infos),
        done=len(infos),
        total=len(infos),
    )


def _write_departments(infos: Sequence[wecom.DepartmentInfo], _now: datetime) -> Counts:
    store_departments(infos)
    return {"departments": len(infos)}


def read_staff(question: Question) -> Page:
    """The staff of the next departments; behind the last one, who serves customers."""
    departments = question.cursor.get("departments")
    if departments is None:
        departments = known_departments()
    done = question.cursor.get("done", 0)
    if not departments:
        following = wecom.get_gateway().follow_staff()
        return Page(
            cursor=None,
            write=partial(_write_following, following, question),
            done=done,
            total=done,
        )
    batch, rest = departments[:_DEPARTMENTS_PER_PAGE], departments[_DEPARTMENTS_PER_PAGE:]
    infos, errors, refused = _staff_of(batch)
    return Page(
        cursor={"departments": rest, "done": done + len(batch)},
        write=partial(_write_staff, infos),
        done=done + len(batch),
        total=done + len(departments),
        errors=tuple(errors),
        notes={"departments_refused": refused} if refused else {},
    )


def _staff_of(departments: Sequence[int]) -> tuple[list[wecom.StaffInfo], list[str], list[int]]:
    infos: list[wecom.StaffInfo] = []
    errors: list[str] = []
    refused: list[int] = []
    answers = ask_each(wecom.get_gateway().staff, departments, at_once=wecom.lanes())
    for department_id, answer in zip(departments, answers, strict=True):
        if isinstance(answer, wecom.Refused):
            refused.append(department_id)
            errors.append(
                gettext("Department %(id)s could not be read: %(why)s")
                % {"id": department_id, "why": answer.advice}
            )
        else:
            infos += answer
    return infos, errors, refused


def _write_staff(infos: Sequence[wecom.StaffInfo], _now: datetime) -> Counts:
    ids = store_staff(infos)
    mark_seen(SyncSeen.Kind.STAFF, ids)
    return {"staff": len(ids)}


def _write_following(
    userids: Sequence[str],
    question: Question,
    _now: datetime,
) -> Counts:
    """A department that could not be read hides its staff, so then nobody counts as gone."""
    mark_following(userids)
    if question.notes.get("departments_refused"):
        return {"serving_staff": len(userids)}
    seen = {
        staff_id
        for ids in SyncSeen.objects.filter(run=question.run, kind=SyncSeen.Kind.STAFF).values_list(
            "ids", flat=True
        )
        for staff_id in ids
    }
    left = mark_left(seen=sorted(seen)) if seen else 0
    return {"serving_staff": len(userids), **({"staff_left": left} if left else {})}


def read_tags(question: Question) -> Page:
    """All corp tags in one page."""
    infos = wecom.get_gateway().corp_tags()
    number = sum(len(info.tags) for info in infos)
    return Page(cursor=None, write=partial(_write_tags, infos, question), done=number, total=number)


def _write_tags(infos: Sequence[wecom.TagGroupInfo], question: Question, now: datetime) -> Counts:
    before = _stored_tags() if question.gaps_of else {}
    store_tags(infos, is_complete=True)
    if question.gaps_of:
        after = _stored_tags()
        differing = sorted(
            key for key in before.keys() | after if before.get(key) != after.get(key)
        )
        SyncGap.objects.bulk_create(
            SyncGap(
                run=question.run,
                kind=_tag_gap(before.get(tag_id), after.get(tag_id)),
                subject=f"{tag_id} – {(after.get(tag_id) or before[tag_id]).name}"[:160],
                found_at=now,
            )
            for tag_id in differing
        )
    return {"tags": sum(len(info.tags) for info in infos)}


class _StoredTag(NamedTuple):
    """What events tell of a tag; a change of the order has none with an id."""

    name: str
    group: str
    is_gone: bool


def _stored_tags() -> dict[str, _StoredTag]:
    tags = Tag.objects.exclude(tag_id="")
    rows = tags.values_list("tag_id", "name", "group__name", "is_gone")
    return {tag_id: _StoredTag(name, group, is_gone) for tag_id, name, group, is_gone in rows}


def _tag_gap(before: _StoredTag | None, after: _StoredTag | None) -> str:
    if after is None or after.is_gone:
        return "tag_gone"
    return "tag_new" if before is None or before.is_gone else "tag_changed"
