"""Hand-overs (在职继承, 离职继承): the list, and what became of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Handover, HandoverItem, UnassignedReading
from contacts.selectors.handovers import leavers, progress_of, visible_handovers, why
from contacts.services.handovers import ask_for_unassigned
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

MAY_LOOK, MAY_HAND_OVER = "contacts.view_handover", "contacts.add_handover"
NEWEST_FIRST, IN_ORDER = Sort("created_at"), Sort("pk", is_descending=False)


class HandoverList(ConsolePage):
    """Whose customers wait for a colleague, and every hand-over so far."""

    template_name = "contacts/handover_list.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Hand-overs")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        page = window(
            visible_handovers(operator),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            size=20,
        )
        progress = progress_of([row.pk for row in page.rows])
        return super().get_context_data(
            window=page,
            rows=[(row, progress[row.pk]) for row in page.rows],
            leavers=leavers(operator, now=now),
            reading=UnassignedReading.objects.filter(pk=1).first(),
            may_hand_over=operator.has_perm(MAY_HAND_OVER),
            **kwargs,
        )


class ReadUnassigned(ConsoleAction):
    """Have WeCom's list of unassigned customers read now."""

    permission = MAY_HAND_OVER

    def post(self, request: HttpRequest) -> HttpResponse:
        ask_for_unassigned(operator=operator_of(request), now=timezone.now())
        messages.success(request, _("WeCom's list is being read; reload the page in a moment."))
        return redirect("console:handovers")


class HandoverPage(ConsolePage):
    """How far a hand-over is, and each of its customers."""

    template_name = "contacts/handover.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        handover = _visible(self.request, kwargs["pk"])
        state = self.request.GET.get("state", "")
        items = handover.items.select_related("contact")
        if state in HandoverItem.State.values:
            items = items.filter(state=state)
        page = window(items, sort=IN_ORDER, cursor=self.request.GET.get("after", ""))
        return super().get_context_data(
            title=_("Hand-over %(number)s") % {"number": handover},
            handover=handover,
            progress=progress_of([handover.pk])[handover.pk],
            state=state,
            window=page,
            rows=[(item, why(item)) for item in page.rows],
            may_export=operator_of(self.request).has_perm("contacts.export_contact"),
            **kwargs,
        )


class HandoverProgress(HandoverPage):
    """The part of that page that renews itself while it runs."""

    template_name = "contacts/handover_progress.html"


class ExportHandover(ConsoleAction):
    """Every customer of a hand-over with what became of her, as CSV."""

    permission = "contacts.export_contact"

    def post(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        handover = _visible(request, pk)
        record_act(
            action="handover.export",
            operator=operator_of(request),
            now=timezone.now(),
            subject=handover,
        )
        header = [
            *(_("Customer"), "external_userid", _("From"), _("To"), _("State")),
            *(_("Reason"), _("WeCom's error code"), _("Asked at"), _("Settled at")),
        ]
        return csv_response(f"handover-{handover.pk}.csv", header, _lines(handover))


def _lines(handover: Handover) -> Iterator[list[Any]]:
    items = handover.items.select_related("contact").order_by("pk").iterator(chunk_size=1000)
    for item in items:
        yield [
            item.contact.name,
            item.contact.external_userid,
            str(handover.giver),
            str(handover.receiver),
            item.get_state_display(),
            why(item),
            item.code or "",
            _moment(item.asked_at),
            _moment(item.settled_at),
        ]


def _moment(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def _visible(request: HttpRequest, pk: int) -> Handover:
    return get_object_or_404(visible_handovers(operator_of(request)), pk=pk)
