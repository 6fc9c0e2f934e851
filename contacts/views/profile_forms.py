"""Forms of a customer's page that need room: profile fields, a remark, a task for staff."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import TASK_CHARS, Contact, Follow, ProfileField, Staff, ValueSource
from contacts.selectors.profile_fields import ShownField, shown_fields
from contacts.selectors.profiles import SEE_PHONES
from contacts.selectors.staff_tasks import givable_staff
from contacts.selectors.visibility import visible_staff
from contacts.services.profile_fields import set_profile_values
from contacts.services.remarks import change_remark
from contacts.services.staff_tasks import give_task
from contacts.views.profile import MAY_CHANGE, MAY_GIVE, visible_or_404
from scrm.console.fields import DayField, blame
from scrm.console.models import Operator
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput, ScrmError
from scrm.privacy import mask_phones
from scrm.wecom.maxima import DESCRIPTION_CHARS, REMARK_CHARS


class _ContactForm(ConsolePage):
    """A form about one customer. `build` makes it, `save` does what it asks for."""

    template_name = "contacts/profile_form.html"
    permission = MAY_CHANGE
    lead = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contact = self.contact()
        form = kwargs.pop("form", None)
        if form is None:
            form = self.build(contact, None)
            _lock_numbers(form, operator_of(self.request))
        return super().get_context_data(
            form=form, contact=contact, lead=self.lead_of(contact), **kwargs
        )

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        contact = self.contact()
        form = self.build(contact, request.POST)
        locked = _lock_numbers(form, operator_of(request))
        if form.is_valid():
            try:
                self.save(contact, form.cleaned_data | locked)
            except InvalidInput as error:
                blame(form, error)
            except ScrmError as error:
                form.add_error(None, str(error))
            else:
                return redirect("console:contact", pk=contact.pk)
        return self.render_to_response(self.get_context_data(form=form))

    def contact(self) -> Contact:
        return visible_or_404(self.request, self.kwargs["pk"])

    def lead_of(self, _contact: Contact) -> str:
        return ""

    def build(self, contact: Contact, data: Any) -> forms.Form:
        raise NotImplementedError

    def save(self, contact: Contact, given: dict[str, Any]) -> None:
        raise NotImplementedError


def _lock_numbers(form: forms.Form, operator: Operator) -> dict[str, str]:
    """Show texts with a phone number masked and locked to those who may not see it. Gives what
    these fields really hold: saving the mask would lose the number.
    """
    if operator.has_perm(SEE_PHONES):
        return {}
    held = {
        name: value
        for name, value in form.initial.items()
        if isinstance(value, str) and mask_phones(value) != value
    }
    for name, value in held.items():
        form.initial[name] = mask_phones(value)
        form.fields[name].disabled = True
        form.fields[name].help_text = _("It has a phone number: an administrator can change it.")
    return held


class EditFields(_ContactForm):
    """What the shop wants to know of her (画像)."""

    page_title = gettext_lazy("Edit the profile")

    def build(self, contact: Contact, data: Any) -> forms.Form:
        return FieldsForm(shown_fields(contact), data)

    def save(self, contact: Contact, given: dict[str, Any]) -> None:
        changed = set_profile_values(
            contact_id=contact.pk,
            values=given,
            source=ValueSource.OPERATOR,
            operator=operator_of(self.request),
            now=timezone.now(),
        )
        messages.success(self.request, _("Saved.") if changed else _("Nothing was changed."))


class FieldsForm(forms.Form):
    """One field for each profile field, by its key. The service reads the values."""

    def __init__(self, shown: list[ShownField], data: Any) -> None:
        super().__init__(data, initial={entry.field.key: entry.value for entry in shown})
        for entry in shown:
            self.fields[entry.field.key] = _form_field(entry)


def _form_field(entry: ShownField) -> forms.Field:
    row = entry.field
    options: dict[str, Any] = {"label": row.label, "required": False}
    # A value that the list no longer offers stays what it is until somebody chooses anew.
    held = entry.value if isinstance(entry.value, list) else [entry.value] if entry.value else []
    offered = [(choice, choice) for choice in dict.fromkeys([*row.choices, *map(str, held)])]
    match row.kind:
        case ProfileField.Kind.NUMBER:
            return forms.DecimalField(**options, max_digits=19, decimal_places=4)
        case ProfileField.Kind.DATE:
            return DayField(**options)
        case ProfileField.Kind.CHOICE:
            return forms.ChoiceField(**options, choices=[("", "–"), *offered])
        case ProfileField.Kind.MULTI:
            widget = forms.CheckboxSelectMultiple()
            return forms.MultipleChoiceField(**options, choices=offered, widget=widget)
        case ProfileField.Kind.YES_NO:
            return forms.ChoiceField(
                **options, choices=[("", "–"), ("True", _("yes")), ("False", _("no"))]
            )
    return forms.CharField(**options, max_length=200)


class EditRemark(_ContactForm):
    """Remark and description of one relation (备注), written to WeCom as well."""

    page_title = gettext_lazy("Edit the remark")

    def contact(self) -> Contact:
        return visible_or_404(self.request, self._follow().contact_id)

    def lead_of(self, _contact: Contact) -> str:
        words = _("What %(staff)s reads about this customer in WeCom. It is changed there, too.")
        return words % {"staff": self._follow().staff}

    def build(self, contact: Contact, data: Any) -> forms.Form:
        follow = self._follow()
        return RemarkForm(
            data, initial={"remark": follow.remark, "description": follow.description}
        )

    def save(self, contact: Contact, given: dict[str, Any]) -> None:
        is_changed = change_remark(
            follow_id=self._follow().pk,
            remark=given["remark"],
            description=given["description"],
            operator=operator_of(self.request),
            now=timezone.now(),
        )
        words = _("Saved here and in WeCom.") if is_changed else _("Nothing was changed.")
        messages.success(self.request, words)

    def _follow(self) -> Follow:
        operator = operator_of(self.request)
        mine = Follow.objects.filter(staff__in=visible_staff(operator)).select_related("staff")
        return get_object_or_404(mine, pk=self.kwargs["pk"])


class RemarkForm(forms.Form):
    remark = forms.CharField(label=gettext_lazy("Remark"), required=False, max_length=REMARK_CHARS)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=DESCRIPTION_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class GiveTask(_ContactForm):
    """Something to do for staff who follow her (待办)."""

    permission = MAY_GIVE
    page_title = gettext_lazy("Give a task to staff")

    def lead_of(self, _contact: Contact) -> str:
        return _("The staff member is told in WeCom by a message of the app.")

    def build(self, contact: Contact, data: Any) -> forms.Form:
        return TaskForm(contact, operator_of(self.request), data)

    def save(self, contact: Contact, given: dict[str, Any]) -> None:
        give_task(
            contact_id=contact.pk,
            staff_id=given["staff"].pk,
            text=given["text"],
            due_on=given["due_on"],
            operator=operator_of(self.request),
            now=timezone.now(),
            link=page_address(self.request, contact),
        )
        messages.success(self.request, _("The task is given; the message is on its way."))


class TaskForm(forms.Form):
    staff = forms.ModelChoiceField(queryset=Staff.objects.none(), label=gettext_lazy("Staff"))
    text = forms.CharField(label=gettext_lazy("To do"), max_length=TASK_CHARS)
    due_on = DayField(label=gettext_lazy("Due on"), required=True)

    def __init__(self, contact: Contact, operator: Operator, data: Any) -> None:
        super().__init__(data, initial={"due_on": timezone.localdate().isoformat()})
        field: Any = self.fields["staff"]
        field.queryset = givable_staff(contact.pk, operator).order_by("name", "pk")
        field.initial = field.queryset.first()
        field.error_messages["invalid_choice"] = _("Choose one of the staff who follow her.")


def page_address(request: HttpRequest, contact: Contact) -> str:
    """The customer's page as staff can open it from WeCom."""
    path = reverse("console:contact", args=[contact.pk])
    return (
        f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
    )
