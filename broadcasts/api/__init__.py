"""REST: reaching people – broadcasts and welcomes."""

from __future__ import annotations

from typing import Any

from broadcasts.api import broadcasts, care, journeys, materials, plans, webhooks, welcomes

VIEWSETS: dict[str, Any] = {
    **broadcasts.VIEWSETS,
    **care.VIEWSETS,
    **journeys.VIEWSETS,
    **materials.VIEWSETS,
    **plans.VIEWSETS,
    **webhooks.VIEWSETS,
    **welcomes.VIEWSETS,
}
