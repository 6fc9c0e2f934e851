"""The house rules in force."""

from __future__ import annotations

from django.utils import timezone

from broadcasts.models import Broadcast, PolicySettings
from broadcasts.policy.terms import Terms


def policy_settings() -> PolicySettings:
    """The one row, or the defaults while nobody has changed anything."""
    return PolicySettings.objects.filter(pk=1).first() or PolicySettings()


def house_terms(touch_class: str = "light") -> Terms:
    """The rules for a touch that belongs to no broadcast: nobody is held out of it."""
    rules = policy_settings()
    return Terms(
        zone=timezone.get_default_timezone(),
        touch_class=touch_class,
        quiet_from=rules.quiet_from,
        quiet_until=rules.quiet_until,
        monthly_cap=rules.monthly_cap,
        gap_days=rules.gap_days,
        quota=rules.quota,
        nurture_days=rules.nurture_days,
    )


def terms_of(broadcast: Broadcast) -> Terms:
    rules = house_terms(broadcast.touch_class)
    return Terms(
        **{
            **vars(rules),
            "holdout_percent": broadcast.holdout_percent,
            "holdout_salt": broadcast.holdout_salt,
        }
    )
