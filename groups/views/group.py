"""The console's page of one customer group (客户群详情)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from contacts.selectors.visibility import visible_contacts
from groups.selectors.activity import HEALTH_LABELS, with_health, writing
from groups.selectors.group_events import changes
from groups.selectors.group_list import Moves, moves_of, visible_groups, with_sizes
from groups.selectors.members import (
    LAST_JOINED_FIRST,
    LAST_LEFT_FIRST,
    MembersWanted,
    inviter_names,
    matching_members,
    moves_by_day,
)
from groups.selectors.tags import tags_of
from scrm.console.export import csv_response
from scrm.console.paging import counted, window
from scrm.console.views import ConsolePage, Guarded, operator_of

MAY_LOOK = "groups.view_groupchat"
_CHANGES_SHOWN = 20


class MemberFilter(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Name, nickname or id"), required=False, max_length=64
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[
            ("", "–"),
            ("customer", gettext_lazy("Customers")),
            ("stranger", gettext_lazy("Not a friend yet")),
            ("staff", gettext_lazy("Staff")),
        ],
    )
    members = forms.ChoiceField(
        required=False, choices=[("", ""), ("before", "")], widget=forms.HiddenInput
    )

    def wanted(self) -> MembersWanted:
        """What was asked for; a field that holds nonsense asks for nothing."""
        self.is_valid()
        asked = self.cleaned_data
        return MembersWanted(
            text=asked.get("text", ""),
            kind=asked.get("kind", ""),
            has_left=asked.get("members") == "before",
        )


class GroupPage(ConsolePage):
    """One group: its facts and history, and its members now or before."""

    template_name = "groups/group.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        groups = with_health(with_sizes(visible_groups(operator)), known=writing(now=now))
        group: Any = get_object_or_404(groups.select_related("owner"), pk=kwargs["pk"])
        form = MemberFilter(self.request.GET)
        wanted = form.wanted()
        members = matching_members(group, wanted)
        page = window(
            members.select_related("contact"),
            sort=LAST_LEFT_FIRST if wanted.has_left else LAST_JOINED_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s people") % {"number": counted(members)},
        )
        known = {member.contact_id for member in page.rows if member.contact_id}
        return super().get_context_data(
            title=group.name or _("Unnamed group"),
            group=group,
            tags=tags_of([group]).get(group.pk, []),
            health=HEALTH_LABELS.get(group.health, ""),
            moves=moves_of([group.pk], now=now).get(group.pk, Moves()),
            by_day=moves_by_day(group, now=now),
            changes=changes(list(group.events.order_by("-at", "-pk")[:_CHANGES_SHOWN])),
            form=form,
            is_filtered=bool(wanted.text or wanted.kind),
            shows_left=wanted.has_left,
            left_count=group.members.filter(left_at__isnull=False).count(),
            window=page,
            inviters=inviter_names(page.rows),
            linked=set(
                visible_contacts(operator).filter(pk__in=known).values_list("pk", flat=True)
            ),
            **kwargs,
        )


class DownloadMoves(Guarded, View):
    """Joins and leaves of one group by day as CSV."""

    permission = MAY_LOOK
    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        group = get_object_or_404(visible_groups(operator_of(request)), pk=pk)
        found = moves_by_day(group, now=timezone.now())
        return csv_response(f"group-{pk}-days.csv", found.header, found.file_rows())
