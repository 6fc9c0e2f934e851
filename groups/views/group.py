"""The console's page of one customer group (客户群详情)."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from contacts.models import Staff
from contacts.selectors.visibility import visible_contacts
from groups.models import GroupChat, GroupMember
from groups.selectors.group_list import visible_groups, with_sizes
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, operator_of

LAST_JOINED_FIRST = Sort("joined_at")
LAST_LEFT_FIRST = Sort("left_at")


class GroupPage(ConsolePage):
    """One group: its facts, and its members now or before."""

    template_name = "groups/group.html"
    permission = "groups.view_groupchat"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        groups = with_sizes(visible_groups(operator)).select_related("owner")
        group = get_object_or_404(groups, pk=kwargs["pk"])
        shows_left = self.request.GET.get("members") == "before"
        members = group.members.filter(left_at__isnull=not shows_left)
        page = window(
            members.select_related("contact"),
            sort=LAST_LEFT_FIRST if shows_left else LAST_JOINED_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s people") % {"number": counted(members)},
        )
        known = {member.contact_id for member in page.rows if member.contact_id}
        return super().get_context_data(
            title=group.name or _("Unnamed group"),
            group=group,
            shows_left=shows_left,
            left_count=_left_count(group),
            window=page,
            inviters=_names({member.invitor_userid for member in page.rows}),
            linked=set(
                visible_contacts(operator).filter(pk__in=known).values_list("pk", flat=True)
            ),
            **kwargs,
        )


def _left_count(group: GroupChat) -> int:
    return GroupMember.objects.filter(group=group, left_at__isnull=False).count()


def _names(userids: set[str]) -> dict[str, str]:
    staff = Staff.objects.filter(userid__in=userids - {""})
    return {member.userid: str(member) for member in staff}
