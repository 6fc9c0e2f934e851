"""Change the house rules (触达治理)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, time

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import PolicySettings
from broadcasts.selectors.policy import policy_settings
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput


@dataclass(frozen=True)
class HouseRules:
    """The figures an operator may set; equal quiet times mean no quiet hours."""

    quiet_from: time
    quiet_until: time
    monthly_cap: int
    gap_days: int
    quota: str
    holdout_percent: int
    nurture_days: int


def update_policy(*, rules: HouseRules, operator: Operator, now: datetime) -> PolicySettings:
    """Set the rules for every verdict from now on; audiences already fixed stay as they are.

    Raises InvalidInput for figures that make no sense.
    """
    limits = {
        "monthly_cap": (1, 31),
        "gap_days": (0, 31),
        "holdout_percent": (0, 50),
        "nurture_days": (0, 90),
    }
    for name, (least, most) in limits.items():
        if not least <= getattr(rules, name) <= most:
            message = _("Choose a number from %(least)d to %(most)d.")
            raise InvalidInput(message % {"least": least, "most": most}, field=name)
    if rules.quota not in PolicySettings.Quota.values:
        raise InvalidInput(_("There is no such quota."), field="quota")
    with transaction.atomic():
        before = {name: getattr(policy_settings(), name) for name in asdict(rules)}
        row, _created = PolicySettings.objects.update_or_create(
            pk=1, defaults={**asdict(rules), "updated_at": now}
        )
        changed = {
            name: [str(before[name]), str(value)]
            for name, value in asdict(rules).items()
            if before[name] != value
        }
        record_act(
            action="reach_policy.change",
            operator=operator,
            now=now,
            subject=row,
            details=changed,
        )
    return row
