"""Hand-over of groups (群主转交): choose, check, confirm, watch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from contacts.models import Staff
from groups.models import GroupChat, GroupHandover
from groups.selectors import handovers as selectors
from groups.services import handovers
from scrm.console.export import csv_response
from scrm.console.fields import row_number
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, Guarded, operator_of
from scrm.errors import InvalidInput

MAY_LOOK, MAY_START = "groups.view_grouphandover", "groups.add_grouphandover"
_GROUPS_SHOWN = 500
_RECEIVERS_SHOWN = 2000


class HandoverList(ConsolePage):
    """Every hand-over, the newest first."""

    template_name = "groups/handovers.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Hand-over of groups")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        page = window(
            selectors.handovers(operator).select_related("owner", "new_owner", "created_by"),
            sort=Sort("created_at"),
            cursor=self.request.GET.get("after", ""),
        )
        return super().get_context_data(
            window=page, may_start=operator.has_perm(MAY_START), **kwargs
        )


class HandoverWizard(ConsolePage):
    """Owner → groups and new owner → what WeCom would refuse → start."""

    template_name = "groups/handover_form.html"
    permission = MAY_START
    page_title = gettext_lazy("Hand groups over")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        owner = self._staff(selectors.owners(operator), self.request.GET.get("owner", ""))
        shown: dict[str, Any] = {"owner": owner}
        if owner is None:
            shown["owners"] = selectors.owners(operator)[:_RECEIVERS_SHOWN]
        else:
            shown |= {
                "kind": GroupHandover.Kind(selectors.kind_of(owner)).label,
                "groups": selectors.groups_of(owner, operator)[:_GROUPS_SHOWN],
                "receivers": selectors.receivers(operator).exclude(pk=owner.pk)[:_RECEIVERS_SHOWN],
                "picked": set(),
            }
        return super().get_context_data(**{**shown, **kwargs})

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        operator, now = operator_of(request), timezone.now()
        owner = self._staff(selectors.owners(operator), request.GET.get("owner", ""))
        if owner is None:
            return redirect("console:group-handover-new")
        groups = self._groups(owner)
        receiver = self._staff(selectors.receivers(operator), request.POST.get("new_owner", ""))
        typed = {"picked": {group.pk for group in groups}, "receiver": receiver}
        if receiver is None or not groups:
            problem = _("Choose at least one group, and who takes over.")
            return self.render_to_response(self.get_context_data(problem=problem, **typed))
        if request.POST.get("do") != "start":
            check = selectors.check_handover(
                owner=owner, new_owner=receiver, groups=groups, now=now
            )
            return self.render_to_response(self.get_context_data(check=check, **typed))
        try:
            started = handovers.start_handover(
                owner=owner, new_owner=receiver, groups=groups, now=now, operator=operator
            )
        except InvalidInput as error:
            return self.render_to_response(self.get_context_data(problem=str(error), **typed))
        return redirect("console:grouphandover", started.pk)

    def _groups(self, owner: Staff) -> list[GroupChat]:
        numbers = (row_number(text) for text in self.request.POST.getlist("pick"))
        keys = [number for number in numbers if number is not None]
        groups = selectors.groups_of(owner, operator_of(self.request))
        if self.request.POST.get("everything") == "1":
            return list(groups)
        return list(groups.filter(pk__in=keys))

    def _staff(self, staff: Any, text: str) -> Staff | None:
        number = row_number(text)
        found: Staff | None = staff.filter(pk=number).first() if number is not None else None
        return found


class HandoverPage(ConsolePage):
    """One hand-over: how far it is, and what became of each group."""

    template_name = "groups/handover.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        rows = selectors.handovers(operator).select_related("owner", "new_owner", "created_by")
        handover: Any = get_object_or_404(rows, pk=self.kwargs["pk"])
        items = handover.items.select_related("group")
        page = window(
            items, sort=Sort("pk", is_descending=False), cursor=self.request.GET.get("after", "")
        )
        settled = handover.total - handover.live
        return super().get_context_data(
            title=f"{handover.owner} → {handover.new_owner}",
            handover=handover,
            settled=settled,
            percent=round(100 * settled / handover.total) if handover.total else 100,
            window=page,
            may_cancel=operator.has_perm(MAY_START) and not handover.is_over,
            **kwargs,
        )


class HandoverProgress(HandoverPage):
    """The part of the page that renews itself."""

    template_name = "groups/handover_progress.html"


class CancelHandover(ConsoleAction):
    permission = MAY_START

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        operator = operator_of(request)
        get_object_or_404(selectors.handovers(operator), pk=pk)
        if handovers.cancel_handover(handover_id=pk, now=timezone.now(), operator=operator):
            messages.success(request, _("Cancelled. Groups handed over already stay so."))
        else:
            messages.info(request, _("It was over already."))
        return redirect("console:grouphandover", pk)


class DownloadHandover(Guarded, View):
    """What became of each group, as CSV."""

    permission = MAY_LOOK
    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        handover = get_object_or_404(selectors.handovers(operator_of(request)), pk=pk)
        header = ["chat_id", _("Group"), _("State"), _("Error code"), _("Reason"), _("At")]
        return csv_response(f"group-handover-{pk}.csv", header, _lines(handover))


def _lines(handover: GroupHandover) -> Iterator[list[Any]]:
    items = handover.items.select_related("group").order_by("pk")
    for item in items.iterator(chunk_size=1000):
        at = timezone.localtime(item.at).strftime("%Y-%m-%d %H:%M:%S")
        state = item.get_state_display()
        yield [item.group.chat_id, item.group.name, state, item.code or "", item.reason, at]
