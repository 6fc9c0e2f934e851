"""Whether all sending is stopped (一键停发). Asked anew before each hand-over, never remembered."""

from __future__ import annotations

from django.db.models import QuerySet

from broadcasts.models import StopSwitch, Touch


def current_stop() -> StopSwitch | None:
    """The switch that is on; None while everything may go."""
    return (
        StopSwitch.objects.filter(resumed_at=None)
        .select_related("stopped_by")
        .order_by("pk")
        .first()
    )


def is_stopped(channel: str) -> bool:
    """Whether nothing may be handed over on this channel (a value of `Touch.Channel`) now.

    Welcomes go on unless the switch names them: a code lives 20 seconds, and who comes new has
    been hurt by nobody.
    """
    on = StopSwitch.objects.filter(resumed_at=None)
    if channel == Touch.Channel.WELCOME:
        on = on.filter(with_welcomes=True)
    return on.exists()


def stops() -> QuerySet[StopSwitch]:
    """Every time the switch was on, newest first."""
    return StopSwitch.objects.select_related("stopped_by", "resumed_by").order_by(
        "-stopped_at", "-pk"
    )
