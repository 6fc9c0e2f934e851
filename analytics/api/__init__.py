"""REST: what customers are worth, and who may be leaving."""

from __future__ import annotations

from typing import Any

from analytics.api import figures

VIEWSETS: dict[str, Any] = {**figures.VIEWSETS}
