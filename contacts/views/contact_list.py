"""The customer list (客户列表): search, filters, saved views, and the count on request."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact, SavedView
from contacts.selectors import contact_list
from contacts.selectors.filter_rule import inexpressible
from contacts.selectors.list_choices import CHOICES_SHOWN, sources
from contacts.selectors.list_size import Size, exact_size, heading_size
from contacts.selectors.saved_views import default_view, views_for
from contacts.services.saved_views import MAY_SHARE
from contacts.views.chosen import found_by
from contacts.views.contact_export import COLUMNS, MAY_EXPORT
from contacts.views.filter_form import ContactFilter
from scrm.console.fields import row_number, without_nul
from scrm.console.models import Operator
from scrm.console.paging import Window, window
from scrm.console.views import ConsolePage, operator_of

MAY_LOOK = "contacts.view_contact"
MAY_TAG = "contacts.change_contact"
MAY_CHANGE = "contacts.change_contact"
MAY_SEGMENT = "contacts.add_segment"
MAY_WRITE = "broadcasts.add_broadcast"


class ContactListPage(ConsolePage):
    """Search, filters, sort and keyset pages over the customers this operator may see.

    Without anything in its address it opens with the operator's default view.
    """

    template_name = "contacts/contact_list.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Customers")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.GET:
            view = default_view(operator_of(request))
            if view is not None:
                return HttpResponseRedirect(address_of(view))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, asked = operator_of(self.request), self.request.GET
        form = ContactFilter(asked, operator=operator)
        found = found_by(form, operator)
        page = window(
            contact_list.listed(found),
            sort=contact_list.SORTS[form.sort_name()],
            cursor=asked.get("after", ""),
        )
        size = _size(found, page)
        return super().get_context_data(
            form=form,
            chips=list(form.chips()),
            window=page,
            rows=contact_list.rows(page.rows),
            size=size,
            size_words=_("%(number)s customers") % {"number": size},
            is_filtered=not form.wanted().is_everything,
            **_views(form, operator, row_number(asked.get("view", ""))),
            **_acts(form, operator),
            **kwargs,
        )


def address_of(view: SavedView) -> str:
    """Where a saved view opens; its number travels along, so that the page knows it."""
    query = f"{view.query}&" if view.query else ""
    return f"{reverse('console:contacts')}?{query}view={view.pk}"


def _size(found: QuerySet[Contact], page: Window) -> Size:
    """How many there are; when the first page is the last, what it shows."""
    if page.is_first and not page.next_cursor:
        return Size(len(page.rows), is_exact=True)
    return heading_size(found)


def _views(form: ContactFilter, operator: Operator, number: int | None) -> dict[str, Any]:
    """The tabs above the list. `open_view` is the one the address names, changed or not."""
    default, views = default_view(operator), list(views_for(operator))
    opened = next((view for view in views if view.pk == number), None)
    return {
        "views": [{"view": view, "url": address_of(view)} for view in views],
        "open_view": opened,
        "is_changed": opened is not None and opened.query != form.query(),
        "is_own": opened is not None and opened.owner_id == operator.pk,
        "default_view": default,
        "may_share": operator.has_perm(MAY_SHARE),
    }


def _acts(form: ContactFilter, operator: Operator) -> dict[str, Any]:
    """What may be done with chosen customers, and what stands against a segment of them all."""
    left_out = [str(form[name].label) for name in inexpressible(form.wanted())]
    may_segment = operator.has_perm(MAY_SEGMENT)
    acts = {
        "may_tag": operator.has_perm(MAY_TAG),
        "may_change": operator.has_perm(MAY_CHANGE),
        "may_export": operator.has_perm(MAY_EXPORT),
        "may_segment": may_segment,
        "may_write": may_segment and operator.has_perm(MAY_WRITE),
        "left_out": "、".join(left_out),
        "columns": COLUMNS,
        "filter_query": form.query(),
    }
    return acts | {"may_choose": acts["may_tag"] or acts["may_change"] or acts["may_export"]}


class ContactCount(ConsolePage):
    """The exact number of a filter's customers, as a piece of the list; at most some seconds."""

    template_name = "contacts/contact_list_size.html"
    permission = MAY_LOOK

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        operator = operator_of(request)
        form = ContactFilter(request.GET, operator=operator)
        size = exact_size(found_by(form, operator))
        words = _("%(number)s customers") % {"number": size} if size is not None else ""
        return TemplateResponse(
            request, self.template_name, {"size_words": words, "is_late": size is None}
        )


class ContactChoices(ConsolePage):
    """Entries of a picker while somebody types: JSON {choices: [{key, label, group}]}."""

    permission = MAY_LOOK

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> JsonResponse:
        source = sources(operator_of(request)).get(request.GET.get("field", ""))
        query = without_nul(request.GET.get("q", "")).strip()[:64]
        found = source.find(query, CHOICES_SHOWN) if source is not None else []
        return JsonResponse(
            {
                "choices": [
                    {"key": choice.key, "label": choice.label, "group": choice.group}
                    for choice in found
                ]
            }
        )
