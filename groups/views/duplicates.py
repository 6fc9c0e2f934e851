"""The console's list of customers in several groups (客群去重)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.models import GroupChat
from groups.selectors.duplicates import (
    FEWEST,
    MOST_GROUPS_FIRST,
    Duplicate,
    DuplicatesWanted,
    all_duplicates,
    duplicates,
    matching_duplicates,
    places_taken_twice,
)
from groups.selectors.group_list import visible_groups
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.models import Operator
from scrm.console.paging import counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

MAY_LOOK = "groups.view_groupmember"
_MOST_GROUPS = 100


class DuplicateFilter(forms.Form):
    fewest = forms.IntegerField(
        label=gettext_lazy("In at least so many groups"),
        required=False,
        min_value=FEWEST,
        max_value=_MOST_GROUPS,
    )
    text = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=64)
    owner = forms.CharField(label=gettext_lazy("In a group of"), required=False, max_length=64)
    group_id = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput
    )

    def wanted(self) -> DuplicatesWanted:
        """What was asked for; a field that holds nonsense asks for nothing."""
        self.is_valid()
        asked = self.cleaned_data
        return DuplicatesWanted(
            fewest=asked.get("fewest") or FEWEST,
            text=asked.get("text", ""),
            group_id=asked.get("group_id"),
            owner=asked.get("owner", ""),
        )


class DuplicatesPage(ConsolePage):
    """Customers in several groups, those in most first."""

    template_name = "groups/duplicates.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Customers in several groups")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = DuplicateFilter(self.request.GET)
        wanted = form.wanted()
        found = matching_duplicates(operator, wanted)
        page = window(
            found.select_related("contact"),
            sort=MOST_GROUPS_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s customers") % {"number": counted(found)},
        )
        return super().get_context_data(
            form=form,
            window=page,
            rows=duplicates(page.rows, operator=operator),
            taken_twice=places_taken_twice(found),
            of_group=_group_asked(operator, wanted),
            is_filtered=wanted != DuplicatesWanted(),
            may_export=operator.has_perm("contacts.export_contact"),
            **kwargs,
        )


class ExportDuplicates(ConsoleAction):
    """Everybody in several groups as CSV, a line for each membership."""

    permission = "contacts.export_contact"

    def post(self, request: HttpRequest) -> StreamingHttpResponse:
        operator = operator_of(request)
        wanted = DuplicateFilter(request.GET).wanted()
        found = matching_duplicates(operator, wanted)
        record_act(
            action="group.export",
            operator=operator,
            now=timezone.now(),
            details={"filter": request.GET.dict(), "duplicates": True},
        )
        header = ["external_userid", _("Name"), _("Groups"), "chat_id", _("Group"), _("Owner")]
        lines = _lines(all_duplicates(found, operator=operator))
        return csv_response("customers-in-several-groups.csv", header, lines)


def _lines(found: Iterator[Duplicate]) -> Iterator[list[Any]]:
    for row in found:
        for group, _is_visible in row.groups:
            yield [
                row.contact.external_userid,
                row.contact.name,
                len(row.groups),
                group.chat_id,
                group.name,
                str(group.owner or group.owner_userid),
            ]


def _group_asked(operator: Operator, wanted: DuplicatesWanted) -> GroupChat | None:
    if wanted.group_id is None:
        return None
    return visible_groups(operator).filter(pk=wanted.group_id).first()
