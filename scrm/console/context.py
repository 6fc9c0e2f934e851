"""What every template knows about the installation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def installation(_request: HttpRequest) -> dict[str, object]:
    """`is_simulated_world`: the corp is the local simulator's, and pages say so; `demo_login` is
    then the demo operator's name and password, or empty.
    """
    simulated = settings.WECOM_SIMULATED
    return {
        "is_simulated_world": simulated,
        "demo_login": settings.DEMO_LOGIN if simulated else "",
    }
