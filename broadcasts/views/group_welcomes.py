"""Welcomes of groups (入群欢迎语): the library, and a form with a phone beside it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import GroupWelcome, Material
from broadcasts.services import group_welcomes as service
from broadcasts.services.group_welcomes import NAME_CHARS, GroupWelcomeDraft
from contacts.views.pickers import PickerField
from scrm.console.fields import blame
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import ScrmError
from scrm.segments.fields import field_named
from scrm.wecom.maxima import GROUP_WELCOME_TEXT_BYTES, GROUP_WELCOMES_PER_CORP

MAY_LOOK, MAY_ADD, MAY_CHANGE, MAY_DELETE = (
    "broadcasts.view_groupwelcome",
    "broadcasts.add_groupwelcome",
    "broadcasts.change_groupwelcome",
    "broadcasts.delete_groupwelcome",
)


class GroupWelcomeList(ConsolePage):
    """All of them; WeCom keeps a hundred at most, so there are no pages."""

    template_name = "broadcasts/group_welcomes.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Group welcomes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        welcomes = GroupWelcome.objects.select_related("material").prefetch_related("groups")
        return super().get_context_data(
            welcomes=welcomes.order_by("-created_at", "-pk"),
            most=GROUP_WELCOMES_PER_CORP,
            may_add=operator.has_perm(MAY_ADD),
            may_change=operator.has_perm(MAY_CHANGE),
            may_delete=operator.has_perm(MAY_DELETE),
            **kwargs,
        )


class GroupWelcomeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_CHARS)
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=GROUP_WELCOME_TEXT_BYTES,
        widget=forms.Textarea(attrs={"rows": 6, "data-shows": "text"}),
        help_text=gettext_lazy("%NICKNAME% becomes the name of who joined. At most 3,000 bytes."),
    )
    material = forms.ModelChoiceField(
        label=gettext_lazy("Attachment from the library"),
        queryset=Material.objects.none(),
        required=False,
        empty_label="–",
    )
    groups = PickerField(
        label=gettext_lazy("Meant for groups"),
        help_text=gettext_lazy("Their owners apply it in WeCom; nobody else can."),
    )
    notifies = forms.BooleanField(
        label=gettext_lazy("Tell the group owners"),
        required=False,
        initial=True,
        help_text=gettext_lazy("WeCom writes to them when it is made."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        initial: dict[str, Any] | None = None,
        kept: int | None = None,
    ) -> None:
        """`kept`: the attachment it has, which stays one to choose when it was archived."""
        super().__init__(data, initial=initial)
        material, groups = self.fields["material"], self.fields["groups"]
        if isinstance(material, forms.ModelChoiceField):
            offered = Material.objects.filter(Q(is_archived=False) | Q(pk=kept))
            material.queryset = offered.exclude(kind=Material.Kind.TEXT).order_by("-pk")
        choices = field_named("group").choices
        if isinstance(groups, PickerField) and choices is not None:
            groups.choices = choices
            groups.widget.attrs["source"] = "group_id"
            groups.clean((initial or {}).get("groups", ()))

    def draft(self) -> GroupWelcomeDraft:
        typed = self.cleaned_data
        return GroupWelcomeDraft(
            name=typed["name"],
            text=typed["text"],
            material_id=typed["material"].pk if typed["material"] else None,
            notifies=typed["notifies"],
            group_ids=typed["groups"],
        )


class _FormPage(ConsolePage):
    """A refused save comes back as it was typed."""

    template_name = "broadcasts/group_welcome_form.html"

    def welcome(self) -> GroupWelcome | None:
        return None

    def form(self, data: Any = None, **options: Any) -> GroupWelcomeForm:
        welcome = self.welcome()
        return GroupWelcomeForm(data, kept=welcome.material_id if welcome else None, **options)

    def save(self, draft: GroupWelcomeDraft) -> GroupWelcome:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        welcome = self.welcome()
        form = kwargs.pop("form", None) or self.form(initial=_typed_of(welcome))
        chosen = str(form["material"].value() or "")
        material = Material.objects.filter(pk=int(chosen)).first() if chosen.isdigit() else None
        return super().get_context_data(
            welcome=welcome,
            form=form,
            shown_text=str(form["text"].value() or ""),
            shown=[{"title": material.name, "words": material.get_kind_display()}]
            if material
            else [],
            **kwargs,
        )

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                welcome = self.save(form.draft())
            except ScrmError as error:
                blame(form, error)
            else:
                _tell(request, welcome)
                return redirect("console:group-welcomes")
        return self.render_to_response(self.get_context_data(form=form))


class NewGroupWelcome(_FormPage):
    permission = MAY_ADD
    page_title = gettext_lazy("New group welcome")

    def save(self, draft: GroupWelcomeDraft) -> GroupWelcome:
        return service.create_group_welcome(
            draft=draft, operator=operator_of(self.request), now=timezone.now()
        )


class EditGroupWelcome(_FormPage):
    permission = MAY_CHANGE
    page_title = gettext_lazy("Edit the group welcome")

    def welcome(self) -> GroupWelcome:
        return get_object_or_404(GroupWelcome, pk=self.kwargs["pk"])

    def save(self, draft: GroupWelcomeDraft) -> GroupWelcome:
        return service.change_group_welcome(
            welcome_id=self.welcome().pk,
            draft=draft,
            operator=operator_of(self.request),
            now=timezone.now(),
        )


class RetryGroupWelcome(ConsoleAction):
    """Put it into WeCom's library once more."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        welcome = get_object_or_404(GroupWelcome, pk=pk)
        _tell(
            request,
            service.try_again(
                welcome_id=welcome.pk, operator=operator_of(request), now=timezone.now()
            ),
        )
        return redirect("console:group-welcomes")


class DeleteGroupWelcome(ConsoleAction):
    permission = MAY_DELETE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        welcome = get_object_or_404(GroupWelcome, pk=pk)
        try:
            service.delete_group_welcome(
                welcome_id=welcome.pk, operator=operator_of(request), now=timezone.now()
            )
        except ScrmError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Deleted: %(name)s.") % {"name": welcome.name})
        return redirect("console:group-welcomes")


def _typed_of(welcome: GroupWelcome | None) -> dict[str, Any]:
    if welcome is None:
        return {}
    names = ("name", "text", "material", "notifies")
    typed: dict[str, Any] = {name: getattr(welcome, name) for name in names}
    typed["material"] = welcome.material_id
    return typed | {"groups": [str(pk) for pk in welcome.groups.values_list("pk", flat=True)]}


def _tell(request: HttpRequest, welcome: GroupWelcome) -> None:
    if welcome.problem:
        messages.warning(request, welcome.problem)
    else:
        messages.success(request, _("Saved: %(name)s.") % {"name": welcome.name})
