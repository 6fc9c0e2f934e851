"""The customer list (客户列表) and its download."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.template.defaultfilters import date as formatted
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact
from contacts.selectors import contact_list
from contacts.selectors.profiles import shown_phone, shown_text
from contacts.selectors.visibility import visible_contacts
from contacts.views.filter_form import ContactFilter
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.models import Operator
from scrm.console.paging import counted, estimated, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of


class ContactListPage(ConsolePage):
    """Search, filters, sort and keyset pages over the customers this operator may see."""

    template_name = "contacts/contact_list.html"
    permission = "contacts.view_contact"
    page_title = gettext_lazy("Customers")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = _form(self.request, operator)
        wanted = form.wanted()
        found = contact_list.matching(visible_contacts(operator), wanted)
        page = window(
            contact_list.listed(found),
            sort=contact_list.SORTS[form.sort_name()],
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s customers") % {"number": _size(found, operator, form)},
        )
        return super().get_context_data(
            form=form,
            window=page,
            rows=contact_list.rows(page.rows),
            is_filtered=not wanted.is_everything,
            may_export=operator.has_perm("contacts.export_contact"),
            **kwargs,
        )


class ExportContacts(ConsoleAction):
    """The filtered list as CSV. Phones are masked unless the role may see them."""

    permission = "contacts.export_contact"

    def post(self, request: HttpRequest) -> StreamingHttpResponse:
        operator = operator_of(request)
        now = timezone.now()
        found = contact_list.matching(visible_contacts(operator), _form(request, operator).wanted())
        record_act(
            action="contact.export",
            operator=operator,
            now=now,
            details={"filter": request.GET.dict()},
        )
        return csv_response(
            f"customers-{timezone.localtime(now):%Y%m%d-%H%M}.csv",
            _header(),
            _lines(found, operator),
        )


def _form(request: HttpRequest, operator: Operator) -> ContactFilter:
    return ContactFilter(request.GET, operator=operator)


def _size(found: Any, operator: Operator, form: ContactFilter) -> str:
    if form.wanted().is_everything and operator.sees_everything:
        return estimated(Contact.objects.all())
    return counted(found)


def _header() -> list[str]:
    return [
        "external_userid",
        _("Name"),
        _("Kind"),
        _("Remark"),
        _("Tags"),
        _("Staff"),
        _("Stage"),
        _("Relation"),
        _("Phone"),
        _("Orders"),
        _("Net spend (yuan)"),
        _("Last order"),
        _("Friend since"),
    ]


def _lines(found: Any, operator: Operator) -> Iterator[list[Any]]:
    for row in contact_list.all_rows(found):
        contact, facts = row.contact, row.contact.facts
        yield [
            contact.external_userid,
            contact.name,
            contact.get_kind_display(),
            shown_text(row.remark, operator),
            "、".join(tag.name for tag in row.tags),
            "、".join(str(follow.staff) for follow in row.follows),
            contact.get_stage_display(),
            contact.get_relation_display(),
            shown_phone(contact.phone, operator),
            facts.order_count,
            f"{row.net_fen / 100:.2f}",
            facts.last_order_on,
            formatted(timezone.localtime(contact.first_followed_at), "Y-m-d"),
        ]
