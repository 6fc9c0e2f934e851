"""Read the operation log (操作日志)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from scrm.audit.models import AuditEntry


@dataclass(frozen=True)
class ActsWanted:
    """What the log was asked for; an empty value asks for nothing."""

    operator_id: int | None = None
    action: str = ""
    done_from: date | None = None
    done_to: date | None = None


def acts(wanted: ActsWanted) -> QuerySet[AuditEntry]:
    """The entries that fit, unordered. `action` may be the beginning of one ("broadcast.")."""
    found = AuditEntry.objects.all()
    if wanted.operator_id:
        found = found.filter(operator=wanted.operator_id)
    if wanted.action:
        found = found.filter(action__startswith=wanted.action)
    if wanted.done_from:
        found = found.filter(at__gte=_midnight(wanted.done_from))
    if wanted.done_to:
        found = found.filter(at__lt=_midnight(wanted.done_to + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
