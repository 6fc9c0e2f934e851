"""The recipients of a broadcast, by what became of them (客户接收明细)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Broadcast, Recipient
from broadcasts.selectors.reasons import WORDS
from broadcasts.selectors.recipients import outcome_words, visible_recipients
from broadcasts.views.asked import broadcast_of
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.fields import row_number
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

SHOWN = 50


class RecipientFilter(forms.Form):
    """What an operator may look for; nonsense looks for nothing."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", "–"), *Recipient.State.choices],
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why left out"),
        required=False,
        choices=[("", "–"), *((code, words) for code, words in WORDS.items())],
    )
    result = forms.ChoiceField(
        label=gettext_lazy("Result"),
        required=False,
        choices=[
            ("", "–"),
            ("sent", gettext_lazy("Sent")),
            ("open", gettext_lazy("Not known yet")),
            *(choice for choice in Recipient.Result.choices if choice[0]),
        ],
    )


class RecipientListPage(ConsolePage):
    """Keyset pages by customer id, which is the recipients' own order."""

    template_name = "broadcasts/recipient_list.html"
    permission = "broadcasts.view_broadcast"
    page_title = gettext_lazy("Recipients")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        broadcast = broadcast_of(self.request, kwargs["pk"])
        form, found = _found(self.request, broadcast)
        after = self.request.GET.get("after", "")
        last_shown = row_number(after)
        if last_shown is not None:
            found = found.filter(contact_id__gt=last_shown)
        rows = list(found.order_by("contact_id")[: SHOWN + 1])
        shown = rows[:SHOWN]
        return super().get_context_data(
            broadcast=broadcast,
            form=form,
            rows=[(row, outcome_words(row)) for row in shown],
            next_after=shown[-1].contact_id if len(rows) > SHOWN else None,
            is_first=last_shown is None,
            may_export=operator_of(self.request).has_perm("contacts.export_contact"),
            **kwargs,
        )


class ExportRecipients(ConsoleAction):
    """The filtered list as CSV."""

    permission = "contacts.export_contact"

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
        header = [
            "external_userid",
            _("Customer"),
            _("Staff"),
            _("State"),
            _("Result"),
            _("Sent at"),
        ]
        return csv_response(f"recipients-{broadcast.pk}.csv", header, _lines(found))


def _found(
    request: HttpRequest, broadcast: Broadcast
) -> tuple[RecipientFilter, QuerySet[Recipient]]:
    form = RecipientFilter(request.GET)
    form.is_valid()
    wanted = {name: form.cleaned_data.get(name) or "" for name in ("state", "reason", "result")}
    return form, visible_recipients(broadcast, operator_of(request), **wanted)


def _lines(found: QuerySet[Recipient]) -> Iterator[list[Any]]:
    after = 0
    while rows := list(found.filter(contact_id__gt=after).order_by("contact_id")[:2000]):
        after = rows[-1].contact_id
        for row in rows:
            at = getattr(row, "sent_at", None)
            yield [
                row.external_userid,
                row.contact.name,
                str(row.staff or ""),
                row.get_state_display(),
                outcome_words(row),
                f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "",
            ]
