"""The order list (订单)."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Order
from contacts.selectors.order_list import OrdersWanted, matching_orders, sources, visible_orders
from contacts.selectors.order_page import refunded_between
from scrm.console.fields import DayField
from scrm.console.paging import Sort, counted, estimated, window
from scrm.console.views import ConsolePage, operator_of

NEWEST_FIRST = Sort("paid_at")


class OrderFilter(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Order number or buyer"), required=False, max_length=128
    )
    source = forms.ChoiceField(label=gettext_lazy("Source"), required=False)
    match = forms.ChoiceField(
        label=gettext_lazy("Customer known"),
        required=False,
        choices=[
            ("", "–"),
            ("matched", gettext_lazy("Matched")),
            ("waiting", gettext_lazy("Not matched yet")),
        ],
    )
    paid_from = DayField(label=gettext_lazy("Paid from"))
    paid_to = DayField(label=gettext_lazy("Paid until"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        source = self.fields["source"]
        if isinstance(source, forms.ChoiceField):
            source.choices = [("", "–"), *((name, name) for name in sources())]

    def wanted(self) -> OrdersWanted:
        self.is_valid()
        names = [field.name for field in dataclasses.fields(OrdersWanted)]
        asked = {name: self.cleaned_data.get(name) for name in names}
        return OrdersWanted(**{name: value for name, value in asked.items() if value})


class OrderListPage(ConsolePage):
    """Orders newest first, with those that wait for their customer."""

    template_name = "contacts/orders.html"
    permission = "contacts.view_order"
    page_title = gettext_lazy("Orders")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        visible = visible_orders(operator)
        form = OrderFilter(self.request.GET)
        found = matching_orders(visible, form.wanted())
        is_everything = form.wanted() == OrdersWanted() and operator.sees_everything
        size = estimated(Order.objects.all()) if is_everything else counted(found)
        page = window(
            found.select_related("contact").prefetch_related("items__product"),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s orders") % {"number": size},
        )
        waiting = visible.filter(contact__isnull=True)
        return super().get_context_data(
            form=form,
            window=page,
            waiting=counted(waiting) if operator.sees_everything else "0",
            refunded_fen=_refunded(form.wanted()) if operator.sees_everything else None,
            may_import=operator.has_perm("contacts.add_order"),
            **kwargs,
        )


def _refunded(wanted: OrdersWanted) -> int | None:
    """What was given back in the days asked for, when nothing but days is asked for."""
    first, last = wanted.paid_from, wanted.paid_to
    if first is None or last is None or wanted != OrdersWanted(paid_from=first, paid_to=last):
        return None
    return refunded_between(first, last)
