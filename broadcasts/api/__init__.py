"""REST: reaching people – broadcasts and welcomes."""

from __future__ import annotations

from typing import Any

from broadcasts.api import broadcasts, welcomes

VIEWSETS: dict[str, Any] = {**broadcasts.VIEWSETS, **welcomes.VIEWSETS}
