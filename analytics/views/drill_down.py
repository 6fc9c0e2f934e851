"""Who a mark of a chart stands for (下钻): the customers a rule picks."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.selectors.picked import PAGE_SIZE, picked
from scrm.console.views import ConsolePage, operator_of

MAY_LOOK = "contacts.view_contact"
_LONGEST_RULE = 4_000


class PickedCustomers(ConsolePage):
    """The newest customers a rule picks, how many there are, and the way to a segment of them."""

    template_name = "analytics/customers.html"
    permission = MAY_LOOK
    page_title = _("Customers behind the figure")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        text = self.request.GET.get("rule", "")[:_LONGEST_RULE]
        found = picked(_rule(text), operator, now=timezone.now())
        return super().get_context_data(
            found=found,
            page_size=PAGE_SIZE,
            segment_url=f"{reverse('console:segment-new')}?{urlencode({'rule': text})}"
            if found.errors == [] and operator.has_perm("contacts.change_segment")
            else "",
            **kwargs,
        )


def _rule(text: str) -> object:
    """JSON, or None, which no rule is, for what is not."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
