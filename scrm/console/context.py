"""What every template knows about the installation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def installation(request: HttpRequest) -> dict[str, object]:
    """`is_simulated_world`: the corp is the local simulator's, and pages say so."""
    return {"is_simulated_world": settings.WECOM_SIMULATED}
