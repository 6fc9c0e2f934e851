"""The list of broadcasts (群发列表)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Broadcast
from broadcasts.selectors.progress import visible_broadcasts
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, operator_of

NEWEST_FIRST = Sort("created_at")


class BroadcastFilter(forms.Form):
    """What an operator may look for."""

    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=64)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", "–"), *Broadcast.State.choices],
    )


class BroadcastListPage(ConsolePage):
    """Search by name and state, newest first."""

    template_name = "broadcasts/broadcast_list.html"
    permission = "broadcasts.view_broadcast"
    page_title = gettext_lazy("Broadcasts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = BroadcastFilter(self.request.GET)
        form.is_valid()
        name, state = form.cleaned_data.get("name"), form.cleaned_data.get("state")
        found = visible_broadcasts(operator)
        if name:
            found = found.filter(name__icontains=name)
        if state:
            found = found.filter(state=state)
        return super().get_context_data(
            form=form,
            is_filtered=bool(name or state),
            may_write=operator.has_perm("broadcasts.add_broadcast"),
            window=window(
                found,
                sort=NEWEST_FIRST,
                cursor=self.request.GET.get("after", ""),
                count_words=_("%(number)s broadcasts") % {"number": counted(found)},
            ),
            **kwargs,
        )
