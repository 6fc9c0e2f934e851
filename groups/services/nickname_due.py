"""Note which groups have nicknames to read; a worker reads them (see `nicknames`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from groups.models import NicknameRule
from groups.services import nickname_sql
from scrm.jobs import enqueue_on_commit


def note_groups(group_ids: Collection[int]) -> None:
    """Members of these groups may have come, gone or renamed themselves. Cheap without rules."""
    if group_ids and NicknameRule.objects.filter(state=NicknameRule.State.ACTIVE).exists():
        _note(nickname_sql.NOTE_DUE, {"groups": sorted(group_ids)})


def note_tagged(group_ids: Sequence[int], *, tag_ids: Collection[int]) -> None:
    """Group tags were put on these groups or taken off; rules may go by them."""
    by_tag = NicknameRule.objects.filter(
        state=NicknameRule.State.ACTIVE,
        scope=NicknameRule.Scope.TAGS,
        tag_ids__overlap=list(tag_ids),
    )
    if group_ids and by_tag.exists():
        _note(nickname_sql.NOTE_DUE, {"groups": list(group_ids)})


def note_rule(rule: NicknameRule) -> None:
    """A rule has begun, changed or ended: every group it is about, or was, is due."""
    _note(nickname_sql.NOTE_RULE, {"rule": rule.pk})


def _note(statement: str, parameters: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        if cursor.rowcount:
            enqueue_on_commit("groups.read_nicknames")
