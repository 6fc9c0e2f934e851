"""REST: what customers are worth, and who may be leaving."""

from __future__ import annotations

from typing import Any

from analytics.api import alerts, datasets, figures, value

# Last: the name of a dataset must not take the address of another part.
VIEWSETS: dict[str, Any] = {
    **figures.VIEWSETS,
    **alerts.VIEWSETS,
    **value.VIEWSETS,
    **datasets.VIEWSETS,
}
