"""Write the operation log."""

from __future__ import annotations

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
    return AuditEntry.objects.create(
        at=now,
        operator_id=operator.pk if operator is not None else None,
        action=action,
        subject_kind=subject._meta.model_name or "" if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        details=details or {},
    )
