"""Handing groups over (群主转交): whose groups, to whom, and what WeCom would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from contacts.models import Staff
from contacts.selectors.visibility import visible_staff
from groups.models import GroupChat, GroupHandover, GroupHandoverItem
from groups.selectors.group_list import visible_groups, with_sizes
from scrm.console.models import Operator
from scrm.segments.days import business_day, start_of
from scrm.wecom.maxima import GROUPS_HANDED_OVER_PER_DAY, TRANSFER_WINDOW, TRANSFERS_PER_CONTACT

_ITEM = GroupHandoverItem.State
LIVE = (_ITEM.WAITING, _ITEM.SUBMITTING, _ITEM.UNKNOWN)


@dataclass(frozen=True)
class GroupCheck:
    """One chosen group, and why WeCom would not hand it over ("" when nothing is known)."""

    group: GroupChat
    problem: str = ""


@dataclass(frozen=True)
class HandoverCheck:
    """What is known before WeCom is asked. `problems` stand against the whole hand-over, `hints`
    are worth knowing and stop nothing."""

    kind: str
    groups: list[GroupCheck]
    problems: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    @property
    def fitting(self) -> list[GroupChat]:
        return [check.group for check in self.groups if not check.problem]

    @property
    def may_start(self) -> bool:
        return not self.problems and bool(self.fitting)


def owners(operator: Operator) -> QuerySet[Staff]:
    """Who owns living groups, those who left first; each with `groups`, how many."""
    living = Count("owned_groups", filter=Q(owned_groups__dismissed_at__isnull=True))
    return (
        visible_staff(operator)
        .annotate(groups=living)
        .filter(groups__gt=0)
        .order_by("-status", "-groups", "name", "pk")
    )


def receivers(operator: Operator) -> QuerySet[Staff]:
    """Who may take groups over, as far as we know: active, with the customer contact function."""
    ready = visible_staff(operator).filter(status=Staff.Status.ACTIVE, is_following=True)
    return ready.order_by("name", "pk")


def groups_of(owner: Staff, operator: Operator) -> QuerySet[GroupChat]:
    """The living groups of an owner, each with `size` and `customers`, the largest first."""
    living = visible_groups(operator).filter(owner=owner, dismissed_at__isnull=True)
    return with_sizes(living).order_by("-facts__size", "pk")


def kind_of(owner: Staff) -> str:
    left = owner.status == Staff.Status.LEFT
    return (GroupHandover.Kind.RESIGNED if left else GroupHandover.Kind.ON_JOB).value


def check_handover(
    *, owner: Staff, new_owner: Staff, groups: Sequence[GroupChat], now: datetime
) -> HandoverCheck:
    """What WeCom would refuse, as far as our tables tell. Four queries."""
    kind = kind_of(owner)
    often = _given_often(groups, now) if kind == GroupHandover.Kind.ON_JOB else set()
    live = set(
        GroupHandoverItem.objects.filter(group__in=groups, state__in=LIVE).values_list(
            "group", flat=True
        )
    )
    checks = [GroupCheck(group, _problem_of(group, owner, often, live)) for group in groups]
    today = given_today(owner, now)
    hints = []
    fitting = sum(not check.problem for check in checks)
    if today + fitting > GROUPS_HANDED_OVER_PER_DAY:
        hints.append(
            _(
                "WeCom lets %(limit)d groups of one owner go a day; %(today)d went today. The rest"
                " follows by itself on the next days."
            )
            % {"limit": GROUPS_HANDED_OVER_PER_DAY, "today": today}
        )
    if kind == GroupHandover.Kind.RESIGNED:
        hints.append(_("WeCom allows it within a year after the owner has left."))
    return HandoverCheck(kind, checks, _problems(owner, new_owner, groups), hints)


def given_today(owner: Staff, now: datetime) -> int:
    """How many groups of this owner we handed over on this business day."""
    return GroupHandoverItem.objects.filter(
        handover__owner=owner, state=_ITEM.DONE, at__gte=start_of(business_day(now))
    ).count()


def handovers(operator: Operator) -> QuerySet[GroupHandover]:
    """The hand-overs of owners this operator may see; each with `total`, `done`, `refused`."""
    return GroupHandover.objects.filter(owner__in=visible_staff(operator)).annotate(
        total=Count("items"),
        done=Count("items", filter=Q(items__state=_ITEM.DONE)),
        refused=Count("items", filter=Q(items__state=_ITEM.REFUSED)),
        live=Count("items", filter=Q(items__state__in=LIVE)),
    )


def _problems(owner: Staff, new_owner: Staff, groups: Sequence[GroupChat]) -> list[str]:
    problems = []
    if owner.pk == new_owner.pk:
        problems.append(_("The new owner is the owner already."))
    if new_owner.status != Staff.Status.ACTIVE:
        problems.append(
            _("%(name)s is not active in WeCom: %(state)s.")
            % {"name": new_owner, "state": new_owner.get_status_display()}
        )
    elif not new_owner.is_following:
        problems.append(
            _(
                "%(name)s lacks the customer contact function (客户联系); give it in the WeCom admin."
            )
            % {"name": new_owner}
        )
    if not groups:
        problems.append(_("Choose at least one group."))
    return problems


def _problem_of(group: GroupChat, owner: Staff, often: set[int], live: set[int]) -> str:
    if group.dismissed_at is not None:
        return _("The group is dismissed.")
    if group.owner_id != owner.pk:
        return _("The group has another owner by now.")
    if group.pk in live:
        return _("It is part of another hand-over that is not over yet.")
    if group.pk in often:
        return _("It changed hands twice within 90 days; WeCom allows no more.")
    return ""


def _given_often(groups: Sequence[GroupChat], now: datetime) -> set[int]:
    given = (
        GroupHandoverItem.objects.filter(
            group__in=groups,
            state=_ITEM.DONE,
            handover__kind=GroupHandover.Kind.ON_JOB,
            at__gt=now - TRANSFER_WINDOW,
        )
        .values("group")
        .annotate(times=Count("pk"))
        .filter(times__gte=TRANSFERS_PER_CONTACT)
    )
    return set(given.values_list("group", flat=True))
