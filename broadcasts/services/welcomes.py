"""Write, switch and delete welcomes (编辑欢迎语)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from broadcasts.models import Welcome, WelcomePicture
from broadcasts.services.welcome_checks import Scope, WelcomeDraft, problems
from broadcasts.services.welcome_pictures import keep_picture
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.jobs import enqueue_on_commit


def create_welcome(*, draft: WelcomeDraft, operator: Operator | None, now: datetime) -> Welcome:
    """Raises InvalidInput for the first thing that is wrong with it."""
    columns = _checked(draft, frozenset())
    with transaction.atomic():
        welcome = Welcome.objects.create(
            created_by=operator, created_at=now, updated_at=now, **columns
        )
        _store_rest(welcome, draft, now=now)
        record_act(action="welcome.create", operator=operator, now=now, subject=welcome)
    return welcome


def update_welcome(
    *, welcome: Welcome, draft: WelcomeDraft, operator: Operator | None, now: datetime
) -> Welcome:
    """Holds for everybody who comes a second later. Raises InvalidInput."""
    with transaction.atomic():
        locked = Welcome.objects.select_for_update().get(pk=welcome.pk, is_archived=False)
        columns = _checked(draft, stored_uses(locked))
        before = {name: getattr(locked, name) for name in columns}
        Welcome.objects.filter(pk=locked.pk).update(updated_at=now, **columns)
        _store_rest(locked, draft, now=now)
        changed = sorted(name for name, value in columns.items() if before[name] != value)
        record_act(
            action="welcome.change",
            operator=operator,
            now=now,
            subject=locked,
            details={"changed": changed},
        )
    welcome.refresh_from_db()
    return welcome


def switch_welcome(
    *, welcome: Welcome, active: bool, operator: Operator | None, now: datetime
) -> bool:
    """Let it be chosen, or not any more; False when it was so already."""
    with transaction.atomic():
        others = Welcome.objects.filter(pk=welcome.pk, is_archived=False).exclude(is_active=active)
        if not others.update(is_active=active, updated_at=now):
            return False
        action = "welcome.activate" if active else "welcome.deactivate"
        record_act(action=action, operator=operator, now=now, subject=welcome)
        if active:
            enqueue_on_commit("broadcasts.renew_media")
    return True


def delete_welcome(*, welcome: Welcome, operator: Operator | None, now: datetime) -> bool:
    """Gone from every list and never chosen again; the log of deliveries goes on naming it.

    False when somebody deleted it before.
    """
    with transaction.atomic():
        living = Welcome.objects.filter(pk=welcome.pk, is_archived=False)
        if not living.update(is_archived=True, is_active=False, updated_at=now):
            return False
        WelcomePicture.objects.filter(welcome=welcome).delete()
        record_act(action="welcome.delete", operator=operator, now=now, subject=welcome)
    return True


def stored_uses(welcome: Welcome) -> frozenset[str]:
    """The uses of the pictures that a welcome has."""
    return frozenset(welcome.pictures.values_list("use", flat=True))


def _checked(draft: WelcomeDraft, stored: frozenset[str]) -> dict[str, Any]:
    """The draft as columns. Raises InvalidInput for the first problem."""
    for problem in problems(draft, stored=stored):
        raise problem
    return {
        "name": draft.name.strip(),
        "text": draft.text.strip(),
        "attachments": draft.attachments,
        "neutral_name": draft.neutral_name.strip(),
        "scope": draft.scope,
        "states": sorted(set(draft.states)) if draft.scope == Scope.CHANNEL else [],
        "weekdays": sorted(set(draft.weekdays)),
        "start": draft.start,
        "end": draft.end,
        "priority": draft.priority,
        "is_active": draft.is_active,
    }


def _store_rest(welcome: Welcome, draft: WelcomeDraft, *, now: datetime) -> None:
    """People and pictures, which have tables of their own."""
    welcome.staff.set(draft.staff if draft.scope == Scope.STAFF else [])
    welcome.departments.set(draft.departments if draft.scope == Scope.DEPARTMENT else [])
    for use, content in draft.pictures.items():
        if content is None:
            WelcomePicture.objects.filter(welcome=welcome, use=use).delete()
        else:
            keep_picture(welcome=welcome, use=use, content=content, now=now)
    if draft.pictures or draft.attachments:
        enqueue_on_commit("broadcasts.renew_media")
