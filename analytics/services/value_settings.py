"""Set what turns revenue into money earned (毛利率)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.models import ValueSettings
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput


def set_margin(*, margin_percent: int | None, operator: Operator, now: datetime) -> ValueSettings:
    """None takes it out; figures are on revenue again. Raises InvalidInput (margin_percent)."""
    if margin_percent is not None and not 1 <= margin_percent <= 100:
        raise InvalidInput(_("A whole number from 1 to 100."), field="margin_percent")
    with transaction.atomic():
        row, _made = ValueSettings.objects.update_or_create(
            pk=1, defaults={"margin_percent": margin_percent, "updated_at": now}
        )
        record_act(
            action="value_settings.set_margin",
            operator=operator,
            now=now,
            details={"margin_percent": margin_percent},
        )
    return row
