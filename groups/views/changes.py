"""The console's list of what happened to groups (群动态)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.models import GroupEvent
from groups.selectors.group_events import (
    NEWEST_FIRST,
    EventsWanted,
    changes,
    matching_events,
    visible_events,
)
from scrm.console.fields import DayField
from scrm.console.paging import counted, window
from scrm.console.views import ConsolePage, operator_of


class ChangeFilter(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        required=False,
        choices=[("", "–"), *GroupEvent.Kind.choices],
    )
    at_from = DayField(label=gettext_lazy("From day"))
    at_to = DayField(label=gettext_lazy("To day"))

    def wanted(self) -> EventsWanted:
        """What was asked for; a field that holds nonsense asks for nothing."""
        self.is_valid()
        asked = self.cleaned_data
        return EventsWanted(asked.get("kind", ""), asked.get("at_from"), asked.get("at_to"))


class ChangesPage(ConsolePage):
    """Dismissed groups, new owners and names, newest first."""

    template_name = "groups/changes.html"
    permission = "groups.view_groupchat"
    page_title = gettext_lazy("Changes of groups")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = ChangeFilter(self.request.GET)
        wanted = form.wanted()
        events = visible_events(operator_of(self.request))
        found = matching_events(events, wanted)
        page = window(
            found.select_related("group"),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s changes") % {"number": counted(found)},
        )
        return super().get_context_data(
            form=form,
            window=page,
            rows=changes(page.rows),
            is_filtered=wanted != EventsWanted(),
            **kwargs,
        )
