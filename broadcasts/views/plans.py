"""Recurring broadcasts (周期群发): the list."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.selectors.plans import listed_plans, rhythm_words
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, operator_of

NEWEST_FIRST = Sort("created_at")


class PlanListPage(ConsolePage):
    template_name = "broadcasts/plan_list.html"
    permission = "broadcasts.view_broadcastplan"
    page_title = gettext_lazy("Recurring broadcasts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        found = listed_plans(operator)
        page = window(
            found,
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s recurring broadcasts") % {"number": counted(found)},
        )
        return super().get_context_data(
            window=page,
            rows=[(plan, rhythm_words(plan)) for plan in page.rows],
            may_write=operator.has_perm("broadcasts.add_broadcastplan"),
            **kwargs,
        )
