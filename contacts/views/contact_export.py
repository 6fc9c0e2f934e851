"""The customer list as a file: streamed, with the columns somebody chose (导出)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.template.defaultfilters import date as formatted
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact
from contacts.selectors.contact_list import Row, all_rows
from contacts.selectors.profiles import shown_phone, shown_text
from contacts.views.chosen import (
    asked_filter,
    back_to_list,
    chosen_customers,
    found_by,
    is_everything,
)
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.models import Operator
from scrm.console.views import ConsoleAction, operator_of

MAY_EXPORT = "contacts.export_contact"

# The columns that may be chosen, in the order of the file.
COLUMNS: dict[str, str | Promise] = {
    "external_userid": "external_userid",
    "name": gettext_lazy("Name"),
    "kind": gettext_lazy("Kind"),
    "gender": gettext_lazy("Gender"),
    "remark": gettext_lazy("Remark"),
    "tags": gettext_lazy("Tags"),
    "staff": gettext_lazy("Staff"),
    "channel": gettext_lazy("Channel"),
    "stage": gettext_lazy("Stage"),
    "relation": gettext_lazy("Relation"),
    "phone": gettext_lazy("Phone"),
    "orders": gettext_lazy("Orders"),
    "spend": gettext_lazy("Net spend (yuan)"),
    "last_order": gettext_lazy("Last order"),
    "since": gettext_lazy("Friend since"),
}
_CELLS: dict[str, Callable[[Row, Operator], Any]] = {
    "external_userid": lambda row, _who: row.contact.external_userid,
    "name": lambda row, who: shown_text(row.contact.name, who),
    "kind": lambda row, _who: row.contact.get_kind_display(),
    "gender": lambda row, _who: row.contact.get_gender_display(),
    "remark": lambda row, who: shown_text(row.remark, who),
    "tags": lambda row, _who: "、".join(tag.name for tag in row.tags),
    "staff": lambda row, _who: "、".join(str(follow.staff) for follow in row.follows),
    "channel": lambda row, _who: "、".join(sorted({f.state for f in row.follows if f.state})),
    "stage": lambda row, _who: row.contact.get_stage_display(),
    "relation": lambda row, _who: row.contact.get_relation_display(),
    "phone": lambda row, who: shown_phone(row.contact.phone, who),
    "orders": lambda row, _who: row.contact.facts.order_count,
    "spend": lambda row, _who: f"{row.net_fen / 100:.2f}",
    "last_order": lambda row, _who: row.contact.facts.last_order_on,
    "since": lambda row, _who: formatted(
        timezone.localtime(row.contact.first_followed_at), "Y-m-d"
    ),
}


class ExportContacts(ConsoleAction):
    """The chosen customers as CSV; without a choice all that the filter finds.

    Phones are masked unless the role may see them, in remarks, too. The operation log keeps the
    filter, the columns and how many customers left.
    """

    permission = MAY_EXPORT

    def post(self, request: HttpRequest) -> StreamingHttpResponse | HttpResponseRedirect:
        operator, now = operator_of(request), timezone.now()
        form = asked_filter(request, operator)
        # A program that only says what to filter by wants all of it.
        is_all = is_everything(request) or not {"who", "pick"} & set(request.POST)
        chosen = found_by(form, operator) if is_all else chosen_customers(request, operator)
        columns = [name for name in COLUMNS if name in request.POST.getlist("column")]
        columns = columns or list(COLUMNS)
        # Before the first row leaves: who breaks off a download has had part of it.
        customers = chosen.order_by().count()
        if not customers:
            messages.error(request, _("No customer is chosen."))
            return HttpResponseRedirect(back_to_list(request))
        record_act(
            action="contact.export",
            operator=operator,
            now=now,
            details={
                "filter": form.query(),
                "is_everything": is_all,
                "columns": columns,
                "customers": customers,
            },
        )
        return csv_response(
            f"customers-{timezone.localtime(now):%Y%m%d-%H%M}.csv",
            [str(COLUMNS[name]) for name in columns],
            _lines(chosen, columns, operator),
        )


def _lines(
    chosen: QuerySet[Contact], columns: list[str], operator: Operator
) -> Iterator[list[Any]]:
    cells = [_CELLS[name] for name in columns]
    for row in all_rows(chosen):
        yield [cell(row, operator) for cell in cells]
