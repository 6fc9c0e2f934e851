"""Pages of the harm guard: its part of a broadcast's page, its alarms, what was learned (复盘)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from broadcasts.models import Broadcast
from broadcasts.policy import sequential
from broadcasts.selectors import harm as facts
from broadcasts.selectors.harm_dataset import harm_curve
from broadcasts.services.harm import BASE_DAYS, write_post_mortem
from broadcasts.views.asked import broadcast_of
from scrm.console.cards import Asked
from scrm.console.export import csv_response
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, Guarded, operator_of
from scrm.errors import ScrmError

MAY_LOOK = "broadcasts.view_broadcast"
MAY_WRITE = "broadcasts.change_broadcast"
NEWEST_FIRST = Sort("raised_at")


class HarmSection(ConsolePage):
    """The guard's part of a broadcast's page, which asks for itself every minute."""

    template_name = "broadcasts/harm_section.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        broadcast = broadcast_of(self.request, kwargs["pk"])
        may_change = operator_of(self.request).has_perm(MAY_WRITE)
        return {"broadcast": broadcast, "may_change": may_change, **section(broadcast)}


def section(broadcast: Broadcast) -> dict[str, Any]:
    """What the guard knows of a broadcast; `look` is the newest."""
    looks = facts.looks(broadcast)
    now = timezone.now()
    return {
        "look": looks[-1] if looks else None,
        "alarm": facts.alarm_of(broadcast),
        "curve": harm_curve(looks),
        "is_service": broadcast.touch_class == "service",
        "is_watched": facts.to_watch(now).filter(pk=broadcast.pk).exists(),
    }


class HarmDownload(Guarded, View):
    """The looks as CSV."""

    http_method_names = ["get"]
    permission = MAY_LOOK

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        curve = harm_curve(facts.looks(broadcast_of(request, pk)))
        return csv_response(f"harm-{pk}.csv", curve.header, curve.file_rows())


class HarmPage(ConsolePage):
    """What is watched, every alarm there was with what was learned, and how it decides."""

    template_name = "broadcasts/harm.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Harm guard")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        return super().get_context_data(
            watched=facts.watched(operator, now=now),
            window=window(
                facts.alarms(operator),
                sort=NEWEST_FIRST,
                cursor=self.request.GET.get("after", ""),
            ),
            base_counted_at=facts.base_counted_at(),
            false_alarm=sequential.FALSE_ALARM,
            least_losses=sequential.LEAST_LOSSES,
            floor=sequential.FLOOR,
            ceiling=sequential.CEILING,
            base_days=BASE_DAYS.days,
            may_see_complaints=operator.has_perm("broadcasts.view_complaint"),
            **kwargs,
        )


class WritePostMortem(ConsoleAction):
    permission = MAY_WRITE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        broadcast = broadcast_of(request, pk)
        try:
            write_post_mortem(
                broadcast=broadcast,
                words=request.POST.get("words", ""),
                operator=operator_of(request),
                now=timezone.now(),
            )
        except ScrmError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Kept. It stands with the alarm for whoever comes next."))
        return redirect("console:broadcast", pk=pk)


def alarm_card(asked: Asked) -> dict[str, Any] | None:
    """Alarms nobody has dealt with; nothing while there are none."""
    alarms = facts.open_alarms(asked.operator, now=asked.now)
    return {"alarms": alarms} if alarms else None
