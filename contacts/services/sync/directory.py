"""Steps: departments, staff, corp tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.utils.translation import gettext

from contacts.models import SyncSeen
from contacts.services.staff import (
    known_departments,
    mark_following,
    mark_left,
    store_departments,
    store_staff,
)
from contacts.services.sync.seen import mark_seen
from contacts.services.sync.steps import Counts, Page, Question
from contacts.services.tags import store_tags
from scrm import wecom

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
    for department_id in departments:
        try:
            infos += wecom.get_gateway().staff(department_id)
        except wecom.Refused as error:
            raise_if_general(error)
            refused.append(department_id)
            errors.append(
                gettext("Department %(id)s could not be read: %(why)s")
                % {"id": department_id, "why": error.advice}
            )
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


def read_tags(_question: Question) -> Page:
    """All corp tags in one page."""
    infos = wecom.get_gateway().corp_tags()
    number = sum(len(info.tags) for info in infos)
    return Page(cursor=None, write=partial(_write_tags, infos), done=number, total=number)


def _write_tags(infos: Sequence[wecom.TagGroupInfo], _now: datetime) -> Counts:
    store_tags(infos, is_complete=True)
    return {"tags": sum(len(info.tags) for info in infos)}


def raise_if_general(error: wecom.Refused) -> None:
    """A refusal that has nothing to do with what was asked for ends the page."""
    if error.retryable or isinstance(error, wecom.Misconfigured):
        raise error
