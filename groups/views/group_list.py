"""The console's list of customer groups (客户群列表), the quiet ones, and their download."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Department
from groups.models import GroupChat
from groups.selectors.activity import HEALTH_LABELS
from groups.selectors.group_events import recent_changes
from groups.selectors.group_list import (
    DEFAULT_SORT,
    SORTS,
    GroupsWanted,
    Moves,
    listed,
    matching_groups,
    moves_of,
    visible_groups,
)
from groups.selectors.tags import tag_choices, tags_of
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.fields import DayField
from scrm.console.paging import counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

MAY_LOOK = "groups.view_groupchat"
MAY_EXPORT = "groups.export_groupchat"
ANY: tuple[Any, str] = ("", "–")
STATES = [
    ("active", gettext_lazy("In use")),
    ("1", gettext_lazy("Owner has left")),
    ("2", gettext_lazy("Being handed over")),
    ("3", gettext_lazy("Handed over")),
    ("dismissed", gettext_lazy("Dismissed")),
]
SORT_LABELS = {
    "newest": gettext_lazy("Newest groups first"),
    "oldest": gettext_lazy("Oldest groups first"),
    "largest": gettext_lazy("Largest first"),
    "smallest": gettext_lazy("Smallest first"),
    "joins": gettext_lazy("Most joins in 7 days first"),
    "leaves": gettext_lazy("Most leaves in 7 days first"),
    "longest_quiet": gettext_lazy("Longest without a join first"),
}
QUIET_DAYS = (7, 14, 30, 60, 90)
_MOST_MEMBERS = 100_000
_EXPORT_CHUNK = 1000


class GroupFilter(forms.Form):
    """What an operator may ask the list for; a value that is not offered is refused."""

    text = forms.CharField(label=gettext_lazy("Name or notice"), required=False, max_length=64)
    owner = forms.CharField(label=gettext_lazy("Owner"), required=False, max_length=64)
    owner_id = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput
    )
    department_id = forms.TypedChoiceField(
        label=gettext_lazy("Department of the owner"), required=False, coerce=int, empty_value=None
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=[ANY, *STATES])
    tag_id = forms.TypedChoiceField(
        label=gettext_lazy("Tag"), required=False, coerce=int, empty_value=None
    )
    health = forms.ChoiceField(
        label=gettext_lazy("Activity"), required=False, choices=[ANY, *HEALTH_LABELS.items()]
    )
    size_from = forms.IntegerField(
        label=gettext_lazy("Members from"), required=False, min_value=0, max_value=_MOST_MEMBERS
    )
    size_to = forms.IntegerField(
        label=gettext_lazy("Members up to"), required=False, min_value=0, max_value=_MOST_MEMBERS
    )
    created_from = DayField(label=gettext_lazy("Created from"))
    created_to = DayField(label=gettext_lazy("Created until"))
    sort = forms.ChoiceField(
        label=gettext_lazy("Sort"), required=False, choices=list(SORT_LABELS.items())
    )
    first_sort = DEFAULT_SORT

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        departments = Department.objects.filter(is_gone=False).order_by("order", "name")
        self._choose("department_id", list(departments.values_list("pk", "name")))
        self._choose("tag_id", tag_choices())

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [ANY, *choices]

    def wanted(self) -> GroupsWanted:
        """What was asked for; a field that holds nonsense asks for nothing."""
        self.is_valid()
        names = [field.name for field in dataclasses.fields(GroupsWanted)]
        asked = {name: self.cleaned_data.get(name) for name in names}
        return GroupsWanted(
            **{name: value for name, value in asked.items() if value not in (None, "")}
        )

    def sort_name(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("sort") or self.first_sort


class QuietFilter(GroupFilter):
    """Groups that nobody joined for a while."""

    quiet_days = forms.TypedChoiceField(
        label=gettext_lazy("Nobody joined for (days)"),
        coerce=int,
        empty_value=None,
        required=False,
        initial=14,
        choices=[(days, str(days)) for days in QUIET_DAYS],
    )
    field_order = (
        "quiet_days",
        "health",
        "text",
        "owner",
        "department_id",
        "tag_id",
        "size_from",
        "sort",
    )
    state = None  # type: ignore[assignment]  # Django's way to drop a field
    created_from = None  # type: ignore[assignment]
    created_to = None  # type: ignore[assignment]
    size_to = None  # type: ignore[assignment]
    first_sort = "longest_quiet"

    def __init__(self, data: Any) -> None:
        super().__init__({"quiet_days": "14", **data.dict()})

    def wanted(self) -> GroupsWanted:
        asked = super().wanted()
        return dataclasses.replace(asked, quiet_days=asked.quiet_days or 14)


class GroupListPage(ConsolePage):
    """Every group this operator may see, newest first."""

    template_name = "groups/group_list.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Customer groups")
    form_class: type[GroupFilter] = GroupFilter
    export_name = "console:group-export"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        form = self.form_class(self.request.GET)
        wanted, sort = form.wanted(), form.sort_name()
        found = matching_groups(visible_groups(operator), wanted, now=now)
        page = window(
            listed(found, sort_name=sort, now=now, days=wanted.quiet_days),
            sort=SORTS[sort],
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s groups") % {"number": counted(found)},
        )
        moves = moves_of([group.pk for group in page.rows], now=now)
        return super().get_context_data(
            form=form,
            window=page,
            rows=[(group, moves.get(group.pk, Moves())) for group in page.rows],
            tags=tags_of(page.rows),
            health_labels=HEALTH_LABELS,
            is_filtered=wanted != GroupsWanted(),
            export_name=self.export_name,
            may_export=operator.has_perm(MAY_EXPORT),
            recent=recent_changes(operator, now=now),
            **kwargs,
        )


class QuietListPage(GroupListPage):
    """Groups that nobody joined for a while, the longest first (沉默群)."""

    template_name = "groups/quiet_list.html"
    page_title = gettext_lazy("Quiet groups")
    form_class = QuietFilter
    export_name = "console:group-quiet-export"


class ExportGroups(ConsoleAction):
    """The groups that fit as CSV; a POST, as it writes a line of the operation log."""

    permission = MAY_EXPORT
    form_class: type[GroupFilter] = GroupFilter

    def post(self, request: HttpRequest) -> StreamingHttpResponse:
        operator, now = operator_of(request), timezone.now()
        form = self.form_class(request.GET)
        wanted = form.wanted()
        found = matching_groups(visible_groups(operator), wanted, now=now)
        rows = listed(found, sort_name=DEFAULT_SORT, now=now, days=wanted.quiet_days)
        record_act(
            action="group.export",
            operator=operator,
            now=now,
            details={"filter": request.GET.dict()},
        )
        name = f"groups-{timezone.localtime(now):%Y%m%d-%H%M}.csv"
        return csv_response(name, _header(), _lines(rows, now))


class ExportQuietGroups(ExportGroups):
    form_class = QuietFilter


def _header() -> list[str]:
    return [
        "chat_id",
        _("Group"),
        _("Owner"),
        _("State"),
        _("Activity"),
        _("Members"),
        _("Outside people"),
        _("Customers"),
        _("Staff"),
        _("Joined today"),
        _("Left today"),
        _("Joined in 7 days"),
        _("Left in 7 days"),
        _("Last joined"),
        _("Created"),
        _("Dismissed"),
        _("Tags"),
    ]


def _lines(found: QuerySet[GroupChat], now: datetime) -> Iterator[list[Any]]:
    groups = found.order_by("-created_at", "-pk").iterator(chunk_size=_EXPORT_CHUNK)
    while chunk := list(islice(groups, _EXPORT_CHUNK)):
        moves = moves_of([group.pk for group in chunk], now=now)
        tags = tags_of(chunk)
        for group in chunk:
            names = "、".join(tag.name for tag in tags.get(group.pk, ()))
            yield [*_line(group, moves.get(group.pk, Moves())), names]


def _line(group: Any, moves: Moves) -> list[Any]:
    state = _("Dismissed") if group.dismissed_at else group.get_status_display()
    return [
        group.chat_id,
        group.name,
        str(group.owner or group.owner_userid),
        state,
        str(HEALTH_LABELS.get(group.health, "")),
        group.size,
        group.size - group.staff_count,
        group.customers,
        group.staff_count,
        moves.today_joins,
        moves.today_leaves,
        moves.week_joins,
        moves.week_leaves,
        _day(group.last_joined),
        _day(group.created_at),
        _day(group.dismissed_at),
    ]


def _day(moment: datetime | None) -> str:
    return "" if moment is None else timezone.localtime(moment).strftime("%Y-%m-%d")
