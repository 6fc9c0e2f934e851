"""Write the operation log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model

from scrm.audit.models import AuditEntry


def record_act(
    *,
    action: str,
    operator: Model | None,
    now: datetime,
    subject: Model | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one line. `action` is `noun.verb` ("broadcast.schedule"); no secrets in `details`."""
    entry = _entry(action, operator, now, subject, details)
    entry.save(force_insert=True)
    return entry


def record_acts(
    *,
    action: str,
    operator: Model | None,
    now: datetime,
    acts: Iterable[tuple[Model, dict[str, Any]]],
) -> None:
    """The same act on many subjects, each with its details: a line each, one statement."""
    AuditEntry.objects.bulk_create(
        _entry(action, operator, now, subject, details) for subject, details in acts
    )


def _entry(
    action: str,
    operator: Model | None,
    now: datetime,
    subject: Model | None,
    details: dict[str, Any] | None,
) -> AuditEntry:
    return AuditEntry(
        at=now,
        operator_id=operator.pk if operator is not None else None,
        action=action,
        subject_kind=subject._meta.model_name or "" if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        details=details or {},
    )
