"""Forms of channels: what leads where, the weekly plan, costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel, Department, Staff, Tag
from contacts.models.channel import NOTE_CHARS, PREFIX_CHARS
from contacts.selectors.channels import ChannelsWanted, folders
from contacts.services.channels import ChannelDraft, ShiftDraft
from scrm.console.fields import without_nul

_NOT_OF_NAMED = ("staff", "departments", "skip_verify", "daily_cap", "backups")


class TagChoices(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # only in stubs
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.group.name} / {obj.name}"


class ChannelForm(forms.Form):
    """A channel as it is typed; one made elsewhere leads where somebody else said."""

    name = forms.CharField(
        label=_("Name"), max_length=64, help_text=_("Staff and customers do not see it.")
    )
    folder = forms.CharField(
        label=_("Folder"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"list": "channel-folders", "autocomplete": "off"}),
    )
    staff = forms.ModelMultipleChoiceField(
        label=_("Leads to staff"),
        queryset=Staff.objects.none(),
        required=False,
        help_text=_("WeCom picks one of them for each customer. At most 100, links 500."),
    )
    departments = forms.ModelMultipleChoiceField(
        label=_("and to departments"),
        queryset=Department.objects.none(),
        required=False,
        help_text=_("Everybody in them and below."),
    )
    skip_verify = forms.BooleanField(
        label=_("Friends at once, without staff having to agree"), required=False, initial=True
    )
    daily_cap = forms.IntegerField(
        label=_("New customers a day for each, at most"),
        min_value=1,
        max_value=10_000,
        required=False,
        help_text=_("Empty: no limit. Who is full gives way until midnight."),
    )
    backups = forms.ModelMultipleChoiceField(
        label=_("Backup staff"),
        queryset=Staff.objects.none(),
        required=False,
        help_text=_("They step in when everybody is full."),
    )
    tags = TagChoices(
        label=_("Tags for newcomers"),
        queryset=Tag.objects.none(),
        required=False,
        help_text=_("Put on within a minute of being added."),
    )
    remark_prefix = forms.CharField(
        label=_("Begin of the remark"),
        max_length=PREFIX_CHARS,
        required=False,
        help_text=_("Before the customer's name, unless staff have written a remark."),
    )
    note = forms.CharField(
        label=_("Description for newcomers"),
        max_length=NOTE_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands in the customer's details in WeCom, where nothing stands yet."),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        serving = Staff.objects.filter(is_following=True, status=Staff.Status.ACTIVE)
        rows = {
            "staff": serving.order_by("name", "pk"),
            "backups": serving.order_by("name", "pk"),
            "departments": Department.objects.filter(is_gone=False).order_by("order", "name"),
            "tags": Tag.objects.filter(is_gone=False)
            .select_related("group")
            .order_by("group__name", "name"),
        }
        for name, queryset in rows.items():
            field = self.fields[name]
            if isinstance(field, forms.ModelMultipleChoiceField):
                field.queryset = queryset
        if kind == Channel.Kind.NAMED:
            for name in _NOT_OF_NAMED:
                del self.fields[name]
        self.folders = folders()

    def draft(self) -> ChannelDraft:
        typed = self.cleaned_data
        return ChannelDraft(
            name=typed["name"],
            folder=typed["folder"],
            staff_ids=_ids(typed.get("staff")),
            department_ids=_ids(typed.get("departments")),
            skip_verify=typed.get("skip_verify", True),
            daily_cap=typed.get("daily_cap"),
            backup_ids=_ids(typed.get("backups")),
            tag_ids=_ids(typed["tags"]),
            remark_prefix=typed["remark_prefix"],
            note=typed["note"],
        )


def typed_of(channel: Channel) -> dict[str, Any]:
    """A channel as its form shows it."""
    names = ("name", "folder", "skip_verify", "daily_cap", "remark_prefix", "note")
    lists = ("staff", "departments", "backups", "tags")
    return {name: getattr(channel, name) for name in names} | {
        name: list(getattr(channel, name).values_list("pk", flat=True)) for name in lists
    }


class ShiftForm(forms.Form):
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    starts = forms.TimeField(
        label=_("From"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    ends = forms.TimeField(
        label=_("Until"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=_("May be on the next day; 00:00 is midnight."),
    )
    staff = forms.ModelMultipleChoiceField(label=_("On duty"), queryset=Staff.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["staff"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            serving = Staff.objects.filter(is_following=True, status=Staff.Status.ACTIVE)
            field.queryset = serving.order_by("name", "pk")

    def draft(self) -> ShiftDraft:
        typed = self.cleaned_data
        return ShiftDraft(typed["weekdays"], typed["starts"], typed["ends"], _ids(typed["staff"]))


class CostForm(forms.Form):
    spent_on = forms.DateField(
        label=_("Day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    amount = forms.DecimalField(
        label=_("Amount in yuan"),
        decimal_places=2,
        max_digits=12,
        help_text=_("Below zero: what came back, or a correction, with its reason."),
    )
    note = forms.CharField(label=_("What for"), max_length=128, required=False)

    def entered(self) -> dict[str, Any]:
        """As `add_cost` and `change_cost` take it."""
        typed = self.cleaned_data
        return {
            "spent_on": typed["spent_on"],
            "amount_fen": int(typed["amount"] * 100),
            "note": typed["note"],
        }


class ChannelFilter(forms.Form):
    text = forms.CharField(label=_("Name or state"), required=False, max_length=64)
    folder = forms.ChoiceField(label=_("Folder"), required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", "–"), *Channel.Kind.choices]
    )
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", "–"), *Channel.Status.choices]
    )
    tag = forms.ChoiceField(label=_("Tag for newcomers"), required=False)
    archived = forms.ChoiceField(
        label=_("Archive"), required=False, choices=[("", _("In the list")), ("1", _("Archived"))]
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        used = Tag.objects.filter(channel__isnull=False).distinct().order_by("name")
        for name, choices in (
            ("folder", [(folder, folder) for folder in folders()]),
            ("tag", [(str(tag.pk), tag.name) for tag in used]),
        ):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", "–"), *choices]

    def wanted(self) -> ChannelsWanted:
        self.is_valid()
        typed = self.cleaned_data
        return ChannelsWanted(
            text=without_nul(typed.get("text", "")),
            folder=typed.get("folder", ""),
            kind=typed.get("kind", ""),
            status=typed.get("status", ""),
            tag_id=int(typed["tag"]) if typed.get("tag") else None,
            is_archived=bool(typed.get("archived")),
        )


def _ids(rows: Any) -> Sequence[int]:
    return [row.pk for row in rows] if rows is not None else []
