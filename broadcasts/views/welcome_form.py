"""The form of a welcome (编辑欢迎语): what an operator types, turned into a `WelcomeDraft`."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Welcome, WelcomePicture
from broadcasts.policy.references import reference_of, references_in
from broadcasts.services.welcome_checks import WelcomeDraft, problems
from contacts.models import Department, Staff

USES = tuple(WelcomePicture.Use.values)


def _hour(label: Any, help_text: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(label=label, required=False, help_text=help_text, widget=widget)


def _file(label: Any, help_text: Any = "") -> forms.FileField:
    widget = forms.FileInput(attrs={"accept": "image/png,image/jpeg"})
    return forms.FileField(label=label, required=False, help_text=help_text, widget=widget)


class WelcomeForm(forms.Form):
    """Fields only; what is right or wrong with them is known to the service."""

    name = forms.CharField(
        label=_("Name"), required=False, help_text=_("For your colleagues; customers never see it.")
    )
    text = forms.CharField(
        label=_("Text"), required=False, strip=True, widget=forms.Textarea(attrs={"rows": 7})
    )
    neutral_name = forms.CharField(
        label=_("Word for a name we do not know yet"),
        required=False,
        help_text=_("New friends are unknown at first, and asking WeCom would cost the time."),
    )
    link_title = forms.CharField(label=_("Title of the link"), required=False)
    link_url = forms.CharField(
        label=_("Address of the link"),
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    link_desc = forms.CharField(label=_("Description of the link"), required=False)
    mini_title = forms.CharField(label=_("Title of the mini program"), required=False)
    mini_appid = forms.CharField(
        label=_("AppID"), required=False, widget=forms.TextInput(attrs={"placeholder": "wx…"})
    )
    mini_page = forms.CharField(label=_("Page it opens at"), required=False)
    cover = _file(_("Cover of the mini program"), _("JPG or PNG, at most 2 MB."))
    image = _file(
        _("Picture under the text"), _("JPG or PNG, at most 2 MB. Uploaded to WeCom ahead of time.")
    )
    remove_cover = forms.BooleanField(label=_("Remove the cover"), required=False)
    remove_image = forms.BooleanField(label=_("Remove the picture"), required=False)
    materials = forms.CharField(
        label=_("From the library"), required=False, widget=forms.HiddenInput
    )
    scope = forms.ChoiceField(label=_("For whom"), choices=Welcome.Scope.choices)
    staff = forms.ModelMultipleChoiceField(
        label=_("Staff"), queryset=Staff.objects.none(), required=False
    )
    departments = forms.ModelMultipleChoiceField(
        label=_("Departments"),
        queryset=Department.objects.none(),
        required=False,
        help_text=_("Everything below them included; the nearest department wins."),
    )
    states = forms.CharField(
        label=_("States of the channels"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("As WeCom sends it with the new friend (State), one in a line."),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        coerce=int,
        required=False,
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: every day."),
    )
    start = _hour(_("Hours from"))
    end = _hour(_("Hours until"), _("Both empty: all day. It may pass midnight."))
    priority = forms.IntegerField(
        label=_("Priority"),
        required=False,
        help_text=_("Between equals the higher number wins, then the older welcome."),
    )
    is_active = forms.BooleanField(label=_("In force as soon as it is saved"), required=False)

    def __init__(self, *args: Any, stored: frozenset[str] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = stored
        self._offer("staff", Staff.objects.filter(is_following=True).order_by("name", "pk"))
        self._offer(
            "departments", Department.objects.filter(is_gone=False).order_by("order", "name")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for problem in problems(self.draft(), stored=self.stored):
            field = problem.field if problem.field in self.fields else None
            if field is None or field not in self.errors:
                self.add_error(field, str(problem))
        return cleaned

    def draft(self) -> WelcomeDraft:
        """What was typed; fields that could not be read stand at their defaults."""
        typed = self.cleaned_data
        return WelcomeDraft(
            name=typed.get("name") or "",
            text=typed.get("text") or "",
            neutral_name=typed.get("neutral_name") or "",
            attachments=[
                *_part(typed, "link", "link"),
                *_part(typed, "mini", "miniprogram"),
                *_materials(typed.get("materials") or ""),
            ],
            scope=typed.get("scope") or Welcome.Scope.EVERYBODY,
            staff=list(typed.get("staff") or ()),
            departments=list(typed.get("departments") or ()),
            states=[
                line.strip() for line in (typed.get("states") or "").splitlines() if line.strip()
            ],
            weekdays=typed.get("weekdays") or [],
            start=typed.get("start"),
            end=typed.get("end"),
            priority=typed.get("priority") or 0,
            is_active=bool(typed.get("is_active")),
            pictures=_pictures(typed),
        )

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = rows


def starting_values(state: str = "") -> dict[str, Any]:
    """What a new welcome begins with; with a channel's `state` it is for that channel."""
    return {
        "neutral_name": gettext("friend"),
        "scope": Welcome.Scope.CHANNEL if state else Welcome.Scope.EVERYBODY,
        "states": state,
        "priority": 0,
        "is_active": True,
    }


def values_of(welcome: Welcome) -> dict[str, Any]:
    own = [part for part in welcome.attachments if reference_of(part) is None]
    parts = {part["msgtype"]: part[part["msgtype"]] for part in own}
    materials = [part for part in welcome.attachments if reference_of(part) is not None]
    link, mini = parts.get("link", {}), parts.get("miniprogram", {})
    return {
        "name": welcome.name,
        "text": welcome.text,
        "neutral_name": welcome.neutral_name,
        **{f"link_{part}": link.get(part, "") for part in ("title", "url", "desc")},
        **{f"mini_{part}": mini.get(part, "") for part in ("title", "appid", "page")},
        "materials": json.dumps(materials),
        "scope": welcome.scope,
        "staff": welcome.staff.all(),
        "departments": welcome.departments.all(),
        "states": "\n".join(welcome.states),
        "weekdays": welcome.weekdays,
        "start": welcome.start,
        "end": welcome.end,
        "priority": welcome.priority,
        "is_active": welcome.is_active,
    }


def _part(typed: dict[str, Any], prefix: str, kind: str) -> list[dict[str, Any]]:
    names = [name for name in WelcomeForm.base_fields if name.startswith(f"{prefix}_")]
    body = {name.removeprefix(f"{prefix}_"): typed.get(name) or "" for name in names}
    if not any(body.values()):
        return []
    return [{"msgtype": kind, kind: {part: text for part, text in body.items() if text}}]


def _materials(typed: str) -> list[dict[str, Any]]:
    """The items of the library that the picker wrote; nothing of what is no such list."""
    return [
        {"msgtype": "material", "material": one.material} for one in references_in(read_json(typed))
    ]


def read_json(text: str) -> object:
    try:
        return json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []


def _pictures(typed: dict[str, Any]) -> dict[str, bytes | None]:
    """New files, and None for those to be taken away; a new file wins over the tick."""
    given: dict[str, bytes | None] = {use: None for use in USES if typed.get(f"remove_{use}")}
    for use in USES:
        if typed.get(use):
            typed[use].seek(0)
            given[use] = typed[use].read()
    return given
