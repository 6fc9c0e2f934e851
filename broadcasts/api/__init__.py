"""REST: reaching people – broadcasts and welcomes."""

from __future__ import annotations

from typing import Any

from broadcasts.api import (
    broadcasts,
    care,
    group_welcomes,
    journeys,
    materials,
    plans,
    reach_policy,
    webhooks,
    welcomes,
)

VIEWSETS: dict[str, Any] = {
    **broadcasts.VIEWSETS,
    **care.VIEWSETS,
    **group_welcomes.VIEWSETS,
    **journeys.VIEWSETS,
    **materials.VIEWSETS,
    **plans.VIEWSETS,
    **reach_policy.VIEWSETS,
    **webhooks.VIEWSETS,
    **welcomes.VIEWSETS,
}
