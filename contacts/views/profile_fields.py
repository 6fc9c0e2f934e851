"""Define profile fields (画像字段)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import ProfileField
from contacts.rules.profile_values import field_name
from contacts.selectors.segment_uses import rules_asking
from contacts.services.profile_fields import (
    LABEL_CHARS,
    change_profile_field,
    create_profile_field,
)
from scrm.console.fields import blame
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_LOOK, MAY_ADD, MAY_CHANGE = (
    "contacts.view_profilefield",
    "contacts.add_profilefield",
    "contacts.change_profilefield",
)
_LARGEST_ORDER = 10_000


class ProfileFieldList(ConsolePage):
    """Every field in its order, archived ones last."""

    template_name = "contacts/profile_fields.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Profile fields")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        return super().get_context_data(
            fields=ProfileField.objects.order_by("is_archived", "order", "pk"),
            may_add=operator.has_perm(MAY_ADD),
            may_change=operator.has_perm(MAY_CHANGE),
            **kwargs,
        )


class ProfileFieldForm(forms.Form):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=LABEL_CHARS)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=ProfileField.Kind.choices,
        help_text=gettext_lazy("Stays for ever."),
    )
    key = forms.CharField(
        label=gettext_lazy("Key"),
        required=False,
        max_length=32,
        help_text=gettext_lazy(
            "For the API and for files, such as skin_type. Stays for ever; left empty it is made up."
        ),
    )
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One a line; for lists only."),
    )
    order = forms.IntegerField(
        label=gettext_lazy("Order"),
        min_value=0,
        max_value=_LARGEST_ORDER,
        initial=100,
        help_text=gettext_lazy("Small numbers come first."),
    )

    def clean_choices(self) -> list[str]:
        return str(self.cleaned_data["choices"]).splitlines()


class _FieldPage(ConsolePage):
    template_name = "contacts/profile_field_form.html"

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = self.build(request.POST)
        if form.is_valid():
            try:
                row = self.save(form.cleaned_data)
            except InvalidInput as error:
                blame(form, error)
            else:
                messages.success(request, _("Saved: %(name)s.") % {"name": row.label})
                return redirect("console:profile-fields")
        return self.render_to_response(self.get_context_data(form=form))

    def build(self, data: Any) -> ProfileFieldForm:
        raise NotImplementedError

    def save(self, given: dict[str, Any]) -> ProfileField:
        raise NotImplementedError


class NewProfileField(_FieldPage):
    permission = MAY_ADD
    page_title = gettext_lazy("New profile field")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.build(None))
        return super().get_context_data(**kwargs)

    def build(self, data: Any) -> ProfileFieldForm:
        return ProfileFieldForm(data)

    def save(self, given: dict[str, Any]) -> ProfileField:
        return create_profile_field(**given, operator=operator_of(self.request), now=timezone.now())


class EditProfileField(_FieldPage):
    permission = MAY_CHANGE
    page_title = gettext_lazy("Edit the profile field")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.build(None))
        row = self._row()
        # They name what only those who may change segments are sure to see.
        may_see = operator_of(self.request).has_perm("contacts.change_segment")
        uses = rules_asking(field_name(row.key)) if may_see else []
        return super().get_context_data(row=row, uses=uses, **kwargs)

    def build(self, data: Any) -> ProfileFieldForm:
        row = self._row()
        initial = {"label": row.label, "choices": "\n".join(row.choices), "order": row.order}
        form = ProfileFieldForm(data, initial=initial)
        del form.fields["kind"], form.fields["key"]
        if not row.choices:
            del form.fields["choices"]
        return form

    def save(self, given: dict[str, Any]) -> ProfileField:
        return change_profile_field(
            field_id=self._row().pk,
            **given,
            operator=operator_of(self.request),
            now=timezone.now(),
        )

    def _row(self) -> ProfileField:
        return get_object_or_404(ProfileField, pk=self.kwargs["pk"])


class ArchiveProfileField(ConsoleAction):
    """Hide a field, or show it again; its values stay."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(ProfileField, pk=pk)
        try:
            change_profile_field(
                field_id=row.pk,
                is_archived=request.POST.get("ask") != "restore",
                operator=operator_of(request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved: %(name)s.") % {"name": row.label})
        return redirect("console:profile-fields")
