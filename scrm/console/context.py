"""What every template knows about the installation."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from scrm.console.cards import Asked, Place
from scrm.console.models import Operator
from scrm.console.views import shown_cards

_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})


def installation(request: HttpRequest) -> dict[str, object]:
    """`is_simulated_world`: the corp is the local simulator's, and pages say so; then `demo_login`
    is the demo operator's name and password, and `simulator_page` where staff and customers are
    played. Either may be empty. `banners` are the cards above every page of the console; they ask
    the database only where a template shows them.
    """
    simulated = settings.WECOM_SIMULATED
    return {
        "is_simulated_world": simulated,
        "demo_login": settings.DEMO_LOGIN if simulated else "",
        "simulator_page": _simulator_page(request) if simulated else "",
        "banners": partial(_banners, request),
    }


def _banners(request: HttpRequest) -> list[dict[str, Any]]:
    operator = getattr(request, "user", None)
    if not isinstance(operator, Operator):
        return []
    return shown_cards(Place.BANNER, Asked(operator=operator, now=timezone.now()))


def _simulator_page(request: HttpRequest) -> str:
    """The simulator listens on this machine only: its page opens where the browser is here, too."""
    ours = urlsplit(f"//{request.get_host()}").hostname
    corp = urlsplit(settings.WECOM_BASE_URL).hostname
    return urljoin(settings.WECOM_BASE_URL, "/sim/") if {ours, corp} <= _THIS_MACHINE else ""
