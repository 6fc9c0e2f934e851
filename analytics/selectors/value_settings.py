"""The gross margin in force."""

from __future__ import annotations

from analytics.models import ValueSettings


def value_settings() -> ValueSettings:
    """The row, or an unsaved one without a margin."""
    return ValueSettings.objects.filter(pk=1).first() or ValueSettings()
