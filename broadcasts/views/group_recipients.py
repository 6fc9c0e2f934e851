"""The groups of a broadcast, by what became of them (客户群接收明细)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Broadcast, GroupRecipient
from broadcasts.selectors.group_results import group_recipients, outcome_words, reasons_of
from broadcasts.views.asked import broadcast_of
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

IN_ORDER = Sort("pk", is_descending=False)


class GroupFilter(forms.Form):
    """What an operator may look for; nonsense looks for nothing."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", "–"), *GroupRecipient.State.choices],
    )
    reason = forms.ChoiceField(label=gettext_lazy("Why left out"), required=False)
    result = forms.ChoiceField(
        label=gettext_lazy("Result"),
        required=False,
        choices=[
            ("", "–"),
            ("sent", gettext_lazy("Sent")),
            ("open", gettext_lazy("Not known yet")),
            *(choice for choice in GroupRecipient.Result.choices if choice[0]),
        ],
    )

    def __init__(self, data: Any, *, broadcast: Broadcast) -> None:
        super().__init__(data)
        reason = self.fields["reason"]
        if isinstance(reason, forms.ChoiceField):
            found = [(one.code, one.words) for one in reasons_of(broadcast)]
            reason.choices = [("", "–"), *found]


class GroupRecipientsPage(ConsolePage):
    template_name = "broadcasts/group_recipients.html"
    permission = "broadcasts.view_broadcast"
    page_title = gettext_lazy("Groups of the broadcast")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        broadcast = broadcast_of(self.request, kwargs["pk"])
        form, found = _found(self.request, broadcast)
        page = window(found, sort=IN_ORDER, cursor=self.request.GET.get("after", ""))
        return super().get_context_data(
            broadcast=broadcast,
            form=form,
            window=page,
            rows=[(row, _words(row)) for row in page.rows],
            may_export=operator_of(self.request).has_perm("groups.export_groupchat"),
            **kwargs,
        )


class ExportGroupRecipients(ConsoleAction):
    """The filtered list as CSV."""

    permission = "groups.export_groupchat"

    def post(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        broadcast = broadcast_of(request, pk)
        _form, found = _found(request, broadcast)
        record_act(
            action="recipients.export",
            operator=operator_of(request),
            now=timezone.now(),
            subject=broadcast,
            details={"filter": request.GET.dict()},
        )
        header = ["chat_id", _("Group"), _("Owner"), _("State"), _("Result"), _("Sent at")]
        return csv_response(f"groups-{broadcast.pk}.csv", header, _lines(found))


def _found(
    request: HttpRequest, broadcast: Broadcast
) -> tuple[GroupFilter, QuerySet[GroupRecipient]]:
    form = GroupFilter(request.GET, broadcast=broadcast)
    form.is_valid()
    wanted = {name: form.cleaned_data.get(name) or "" for name in ("state", "reason", "result")}
    return form, group_recipients(broadcast, operator_of(request), **wanted)


def _words(row: GroupRecipient) -> str:
    words, is_sent = outcome_words(row)
    return _("Sent") if is_sent else words


def _lines(found: QuerySet[GroupRecipient]) -> Iterator[list[Any]]:
    for row in found.order_by("pk").iterator(chunk_size=2000):
        at = row.sent_at
        yield [
            row.chat_id,
            row.group.name,
            str(row.staff or ""),
            row.get_state_display(),
            _words(row),
            f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "",
        ]
