"""The staff cockpit (执行看板): who has not confirmed, who waits behind them, until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy

from broadcasts.selectors.cockpit import cockpit
from broadcasts.services import control
from scrm.console.fields import row_number
from scrm.console.views import ConsolePage, operator_of


class CockpitPage(ConsolePage):
    """Over all running broadcasts, or one (`?broadcast=`)."""

    template_name = "broadcasts/cockpit.html"
    permission = "broadcasts.view_broadcast"
    page_title = gettext_lazy("Staff cockpit")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**_shown(self.request, timezone.now()), **kwargs)


class CockpitNow(ConsolePage):
    """The part of it that moves."""

    permission = "broadcasts.view_broadcast"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(request, "broadcasts/cockpit_now.html", _shown(request, timezone.now()))


def _shown(request: HttpRequest, now: datetime) -> dict[str, Any]:
    operator = operator_of(request)
    chosen = row_number(request.GET.get("broadcast", ""))
    found = cockpit(operator, now=now, broadcast_id=chosen)
    return {
        "chosen": chosen,
        "cockpit": found,
        "running": [(row, control.reminders_left(row.broadcast, now=now)) for row in found.running],
        "may_change": operator.has_perm("broadcasts.change_broadcast"),
    }
