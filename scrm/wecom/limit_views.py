"""The console page of limits and usage (接口限额与用量)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scrm.audit.services import record_act
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.ratelimit import gate, limits
from scrm.ratelimit.store import RedisError
from scrm.wecom.limit_selectors import LimitsNow, limits_now
from scrm.wecom.quotas import LIMIT_NAME

MAY_LOOK = "wecom.view_syncrun"
MAY_OPEN = "wecom.run_sync"


class LimitsPage(ConsolePage):
    """Every limit with what is used of it; the figures renew themselves."""

    template_name = "console/limits.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Limits and usage")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**_figures(self.request), **kwargs)


class LimitsNowPart(ConsolePage):
    """The figures alone, asked for every few seconds."""

    permission = MAY_LOOK

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(request, "console/limits_now.html", _figures(request))


class CallAgain(ConsoleAction):
    """Let the next call of an API through although its pause is not over."""

    permission = MAY_OPEN

    def post(self, request: HttpRequest) -> HttpResponse:
        path = request.POST.get("path", "")
        limit = limits.get(LIMIT_NAME)
        try:
            held = {one.subject for one in gate.closed(limit)}
            if path in held:
                gate.open_again(limit, path)
        except RedisError:
            messages.error(request, _("Redis is away, so nothing could be changed."))
            return redirect("console:limits")
        if path in held:
            record_act(
                action="limit.opened",
                operator=operator_of(request),
                now=timezone.now(),
                details={"api": path},
            )
            messages.success(request, _("The next call of %(api)s is let through.") % {"api": path})
        else:
            messages.info(request, _("This API is not on hold any more."))
        return redirect("console:limits")


def _figures(request: HttpRequest) -> dict[str, Any]:
    figures: LimitsNow | None
    try:
        figures = limits_now(now=timezone.now())
    except RedisError:
        figures = None
    return {"figures": figures, "may_open": operator_of(request).has_perm(MAY_OPEN)}
