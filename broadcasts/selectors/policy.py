"""The house rules in force."""

from __future__ import annotations

from dataclasses import fields, replace

from django.utils import timezone

from broadcasts.models import Broadcast, PolicySettings
from broadcasts.policy.terms import Terms

# Figures that are called the same in the settings and in the terms.
_FIGURES = [
    field.name
    for field in fields(Terms)
    if field.name in {column.name for column in PolicySettings._meta.get_fields()}
    and field.name not in {"holdout_percent", "rest_weekdays", "rest_dates", "lunch_channels"}
]


def policy_settings() -> PolicySettings:
    """The one row, or the defaults while nobody has changed anything."""
    return PolicySettings.objects.filter(pk=1).first() or PolicySettings()


def house_terms(touch_class: str = "light") -> Terms:
    """The rules for a touch that belongs to no broadcast: it has no hold-out of its own."""
    return terms_from(policy_settings(), touch_class=touch_class)


def terms_from(rules: PolicySettings, *, touch_class: str = "light") -> Terms:
    """The same for rules that may not be saved."""
    return Terms(
        zone=timezone.get_default_timezone(),
        touch_class=touch_class,
        rest_weekdays=frozenset(rules.rest_weekdays),
        rest_dates=frozenset(rules.rest_dates),
        lunch_channels=frozenset(rules.lunch_channels),
        **{name: getattr(rules, name) for name in _FIGURES},
    )


def terms_of(broadcast: Broadcast) -> Terms:
    """The rules for a broadcast, with its hold-out and its topic."""
    return replace(
        house_terms(broadcast.touch_class),
        channel=broadcast.kind,
        topic=broadcast.topic_id,
        holdout_percent=broadcast.holdout_percent,
        holdout_salt=broadcast.holdout_salt,
    )
