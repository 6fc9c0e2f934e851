"""The journeys in force, with their definitions."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from broadcasts.models import Journey, JourneyVersion
from broadcasts.policy.journey_definition import Definition, Trigger
from broadcasts.selectors.journey_definitions import BrokenDefinition, definition_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Live:
    """An active journey. What happened before `since` starts nothing."""

    journey: Journey
    version: JourneyVersion
    definition: Definition
    since: datetime

    @property
    def trigger(self) -> Trigger:
        return self.definition.trigger


def live_journeys(*kinds: str) -> list[Live]:
    """The active journeys, those with one of these triggers only if any are named. One query.

    One whose definition can no longer be read is left out and logged.
    """
    rows = Journey.objects.filter(state=Journey.State.ACTIVE).select_related("version")
    found = []
    for journey in rows.order_by("pk"):
        if journey.version is None or journey.live_at is None:
            continue
        try:
            definition = definition_of(journey.version)
        except BrokenDefinition as error:
            log.error("journey %s cannot be read any more: %s", journey.pk, error)
            continue
        if not kinds or definition.trigger.kind in kinds:
            # WeCom tells times in whole seconds: what came right after it went live is in time.
            since = journey.live_at.replace(microsecond=0)
            found.append(Live(journey, journey.version, definition, since))
    return found
