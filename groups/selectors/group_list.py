"""Customer groups (客户群) as the console lists them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from contacts.selectors import search  # noqa: F401 - the lookup `trigram_contains`
from contacts.selectors.visibility import visible_staff
from groups.models import GroupChat, GroupMember
from scrm.console.models import Operator


@dataclass(frozen=True)
class GroupsWanted:
    """What the list was asked for; an empty value asks for nothing."""

    text: str = ""
    owner_id: int | None = None
    state: str = ""


def visible_groups(operator: Operator) -> QuerySet[GroupChat]:
    """Groups whose owner this operator may see; all of them for who sees everything."""
    if operator.sees_everything:
        return GroupChat.objects.all()
    return GroupChat.objects.filter(owner__in=visible_staff(operator))


def matching_groups(groups: QuerySet[GroupChat], wanted: GroupsWanted) -> QuerySet[GroupChat]:
    if wanted.text:
        groups = groups.filter(
            Q(name__trigram_contains=wanted.text) | Q(notice__icontains=wanted.text)
        )
    if wanted.owner_id:
        groups = groups.filter(owner=wanted.owner_id)
    if wanted.state:
        groups = groups.filter(dismissed_at__isnull=wanted.state == "active")
    return groups


def with_sizes(groups: QuerySet[GroupChat]) -> QuerySet[GroupChat]:
    """Each group with `size` (present members) and `customers` (present customers of ours)."""
    present = GroupMember.objects.filter(group=OuterRef("pk"), left_at__isnull=True).order_by()
    return groups.annotate(
        size=_counted(present), customers=_counted(present.filter(contact__isnull=False))
    )


def _counted(members: QuerySet[GroupMember]) -> Coalesce:
    number = members.values("group").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)
