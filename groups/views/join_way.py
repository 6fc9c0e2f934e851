"""Group codes (群活码): QR codes that lead customers into groups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.views.code_pictures import CodePicturePage
from contacts.views.pickers import PickerField
from groups.models import JoinWay
from groups.models.join_way import NAME_CHARS, ROOM_NAME_CHARS
from groups.selectors.join_ways import by_group, join_ways, joins_of
from groups.services import join_ways as service
from groups.services.join_ways import JoinWayDraft
from scrm.console.fields import blame
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, RowAction, operator_of
from scrm.errors import ScrmError
from scrm.segments.fields import field_named

MAY_LOOK, MAY_ADD = "groups.view_joinway", "groups.add_joinway"
MAY_CHANGE, MAY_DELETE = "groups.change_joinway", "groups.delete_joinway"
_PAGE = 30


class JoinWayList(ConsolePage):
    """Each code with how many came by it; the newest first."""

    template_name = "groups/join_ways.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Group codes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        found = join_ways()
        page = window(
            found,
            sort=Sort("created_at"),
            cursor=self.request.GET.get("after", ""),
            size=_PAGE,
            count_words=_("%(number)s group codes") % {"number": counted(found)},
        )
        joins = joins_of(page.rows, operator, now=now)
        return super().get_context_data(
            window=page,
            rows=[(way, joins[way.pk]) for way in page.rows],
            may_add=operator.has_perm(MAY_ADD),
            **kwargs,
        )


class JoinWayPage(ConsolePage):
    """One code: its picture, the groups it leads to, who came by it."""

    template_name = "groups/join_way.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        way = get_object_or_404(JoinWay, pk=self.kwargs["pk"])
        return super().get_context_data(
            title=way.name,
            way=way,
            joins=joins_of([way], operator, now=now)[way.pk],
            groups=by_group(way, operator, now=now),
            may_change=operator.has_perm(MAY_CHANGE) and way.status != JoinWay.Status.DELETED,
            may_delete=operator.has_perm(MAY_DELETE) and way.status != JoinWay.Status.DELETED,
            **kwargs,
        )


class JoinWayForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_CHARS,
        help_text=gettext_lazy("Staff and customers do not see it."),
    )
    groups = PickerField(
        label=gettext_lazy("Leads into groups"),
        help_text=gettext_lazy("At most 5; WeCom fills them one after the other."),
    )
    opens_rooms = forms.BooleanField(
        label=gettext_lazy("Open a new group when all are full"), required=False, initial=True
    )
    room_name = forms.CharField(
        label=gettext_lazy("Name of new groups"),
        max_length=ROOM_NAME_CHARS,
        required=False,
        help_text=gettext_lazy("A number follows it. Empty: WeCom's own choice."),
    )
    room_number = forms.IntegerField(
        label=gettext_lazy("Number of the next one"), min_value=1, max_value=1_000_000, initial=1
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        groups = self.fields["groups"]
        choices = field_named("group").choices
        if isinstance(groups, PickerField) and choices is not None:
            groups.choices = choices
            groups.widget.attrs["source"] = "group_id"
            groups.clean((initial or {}).get("groups", ()))

    def draft(self) -> JoinWayDraft:
        typed = self.cleaned_data
        return JoinWayDraft(
            name=typed["name"],
            group_ids=typed["groups"],
            opens_rooms=typed["opens_rooms"],
            room_name=typed["room_name"],
            room_number=typed["room_number"],
        )


class _FormPage(ConsolePage):
    """A refused save comes back as it was typed."""

    template_name = "groups/join_way_form.html"

    def way(self) -> JoinWay | None:
        return None

    def save(self, draft: JoinWayDraft) -> JoinWay:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        way = self.way()
        kwargs.setdefault("form", JoinWayForm(initial=_typed_of(way) if way else None))
        return super().get_context_data(way=way, **kwargs)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = JoinWayForm(request.POST)
        if form.is_valid():
            try:
                way = self.save(form.draft())
            except ScrmError as error:
                blame(form, error)
            else:
                _tell(request, way)
                return redirect("console:joinway", way.pk)
        return self.render_to_response(self.get_context_data(form=form))


class NewJoinWay(_FormPage):
    permission = MAY_ADD
    page_title = gettext_lazy("New group code")

    def save(self, draft: JoinWayDraft) -> JoinWay:
        return service.create_join_way(
            draft=draft, operator=operator_of(self.request), now=timezone.now()
        )


class EditJoinWay(_FormPage):
    permission = MAY_CHANGE
    page_title = gettext_lazy("Edit the group code")

    def way(self) -> JoinWay:
        return get_object_or_404(JoinWay, pk=self.kwargs["pk"])

    def save(self, draft: JoinWayDraft) -> JoinWay:
        return service.change_join_way(
            way_id=self.way().pk,
            draft=draft,
            operator=operator_of(self.request),
            now=timezone.now(),
        )


class _Act(RowAction):
    page = "console:joinway"

    def row(self, _request: HttpRequest, pk: int) -> JoinWay:
        return get_object_or_404(JoinWay, pk=pk)


class JoinWayAct(_Act):
    """Try again what failed, or read from WeCom which groups it has added."""

    permission = MAY_CHANGE

    def act(self, request: HttpRequest, way: JoinWay) -> None:
        if request.POST.get("do") == "read":
            number = service.read_again(way_id=way.pk, now=timezone.now())
            messages.success(request, _("%(number)d groups were added.") % {"number": number})
        else:
            _tell(request, service.try_again(way_id=way.pk, **self.acting()))


class DeleteJoinWay(_Act):
    """Delete the code at WeCom."""

    permission = MAY_DELETE

    def act(self, request: HttpRequest, way: JoinWay) -> None:
        service.delete_join_way(way_id=way.pk, **self.acting())
        messages.success(request, _("Deleted: %(name)s.") % {"name": way.name})


class JoinWayPicture(CodePicturePage):
    permission = MAY_LOOK

    def code(self) -> tuple[str, str]:
        way = get_object_or_404(JoinWay, pk=self.kwargs["pk"], status=JoinWay.Status.LIVE)
        return way.name, way.address


def _typed_of(way: JoinWay) -> dict[str, Any]:
    names = ("name", "opens_rooms", "room_name", "room_number")
    typed: dict[str, Any] = {name: getattr(way, name) for name in names}
    return typed | {"groups": [str(pk) for pk in way.groups.values_list("pk", flat=True)]}


def _tell(request: HttpRequest, way: JoinWay) -> None:
    """How far it is: in use, or what stands in the way."""
    if way.problem:
        messages.warning(request, way.problem)
    elif way.status == JoinWay.Status.MAKING:
        messages.info(request, _("WeCom has not answered yet; the code appears in a minute."))
    else:
        messages.success(request, _("Saved: %(name)s.") % {"name": way.name})
