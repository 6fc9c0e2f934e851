"""The console's list of customer groups (客户群列表)."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Staff
from groups.selectors.group_list import GroupsWanted, matching_groups, visible_groups, with_sizes
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, operator_of

NEWEST_FIRST = Sort("created_at")


class GroupFilter(forms.Form):
    text = forms.CharField(label=gettext_lazy("Name or notice"), required=False, max_length=64)
    owner_id = forms.TypedChoiceField(
        label=gettext_lazy("Owner"), required=False, coerce=int, empty_value=None
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", "–"),
            ("active", gettext_lazy("In use")),
            ("dismissed", gettext_lazy("Dismissed")),
        ],
    )

    def __init__(self, data: Any, *, owners: list[tuple[int, str]]) -> None:
        super().__init__(data)
        owner = self.fields["owner_id"]
        if isinstance(owner, forms.ChoiceField):
            owner.choices = [("", "–"), *owners]

    def wanted(self) -> GroupsWanted:
        self.is_valid()
        names = [field.name for field in dataclasses.fields(GroupsWanted)]
        asked = {name: self.cleaned_data.get(name) for name in names}
        return GroupsWanted(**{name: value for name, value in asked.items() if value})


class GroupListPage(ConsolePage):
    """Every group this operator may see, newest first."""

    template_name = "groups/group_list.html"
    permission = "groups.view_groupchat"
    page_title = gettext_lazy("Customer groups")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visible = visible_groups(operator_of(self.request))
        owners = Staff.objects.filter(owned_groups__in=visible).distinct().order_by("name")
        form = GroupFilter(self.request.GET, owners=[(staff.pk, str(staff)) for staff in owners])
        found = matching_groups(visible, form.wanted())
        page = window(
            with_sizes(found).select_related("owner"),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s groups") % {"number": counted(found)},
        )
        return super().get_context_data(form=form, window=page, **kwargs)
