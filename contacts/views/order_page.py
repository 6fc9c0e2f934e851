"""One order (订单详情)."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.rules.phones import mask
from contacts.selectors.order_list import visible_orders
from contacts.selectors.order_page import ledger_of, match_words, steps_of
from scrm.console.views import ConsolePage, operator_of
from scrm.privacy import mask_phones


class OrderPage(ConsolePage):
    """What was paid and given back, entry by entry; products; the buyer and how she was found."""

    template_name = "contacts/order.html"
    permission = "contacts.view_order"
    page_title = gettext_lazy("One order")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        orders = visible_orders(operator_of(self.request)).select_related("contact")
        order = get_object_or_404(orders.prefetch_related("items__product"), pk=kwargs["pk"])
        signs = (
            # Some shops number their buyers by phone.
            (_("Buyer in the shop"), mask_phones(order.buyer_ref)),
            ("unionid", order.buyer_unionid),
            (_("Phone"), mask(order.buyer_phone)),
        )
        return super().get_context_data(
            order=order,
            items=order.items.all(),
            ledger=ledger_of(order),
            steps=steps_of(order),
            signs=[(label, value) for label, value in signs if value],
            match_words=match_words(order),
            **kwargs,
        )
