"""The groups one customer is or was in."""

from __future__ import annotations

from dataclasses import dataclass

from contacts.models import Contact, Staff
from groups.models import GroupChat, GroupMember
from groups.selectors.group_list import visible_groups
from scrm.console.models import Operator


@dataclass(frozen=True)
class Membership:
    """One membership. `invited_by` is a name, "" when unknown; `is_linked` when the operator may
    open the group's page."""

    group: GroupChat
    member: GroupMember
    invited_by: str
    is_present: bool
    is_linked: bool


def memberships_of(contact_id: int, *, operator: Operator) -> list[Membership]:
    """Every membership of a customer, the latest first; three queries."""
    members = list(
        GroupMember.objects.filter(
            member_id__in=Contact.objects.filter(pk=contact_id).values("external_userid")
        )
        .select_related("group__owner")
        .order_by("-joined_at", "-pk")
    )
    visible = set(
        visible_groups(operator)
        .filter(pk__in=[member.group_id for member in members])
        .values_list("pk", flat=True)
    )
    inviters = {
        staff.userid.lower(): str(staff)
        for staff in Staff.objects.filter(
            userid__in={member.invitor_userid for member in members} - {""}
        )
    }
    return [
        Membership(
            group=member.group,
            member=member,
            invited_by=inviters.get(member.invitor_userid.lower(), ""),
            is_present=member.left_at is None and member.group.dismissed_at is None,
            is_linked=member.group_id in visible,
        )
        for member in members
    ]
