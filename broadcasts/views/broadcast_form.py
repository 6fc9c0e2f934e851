"""The composer's form (新建群发): what an operator types, turned into a `Draft`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Broadcast, TouchClass
from broadcasts.selectors.policy import house_terms, policy_settings
from broadcasts.services.compose import Draft, next_window, problems
from contacts.models import Segment
from contacts.selectors.segments import live_segments

LOCAL = "%Y-%m-%dT%H:%M"


def moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"}),
    )


class BroadcastForm(forms.Form):
    """Fields only; what is right or wrong with them is known to the service."""

    name = forms.CharField(
        label=_("Name"), required=False, help_text=_("For your colleagues; customers never see it.")
    )
    benefit = forms.CharField(
        label=_("What does the customer gain?"),
        required=False,
        help_text=_("One sentence. If nothing comes to mind, do not send."),
    )
    segment = forms.ModelChoiceField(
        label=_("Segment"), queryset=Segment.objects.none(), required=False
    )
    text = forms.CharField(
        label=_("Message"), required=False, strip=True, widget=forms.Textarea(attrs={"rows": 8})
    )
    link_title = forms.CharField(label=_("Title of the link"), required=False)
    link_url = forms.CharField(
        label=_("Address of the link"),
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    link_desc = forms.CharField(label=_("Description of the link"), required=False)
    touch_class = forms.ChoiceField(
        label=_("Touch class"),
        choices=TouchClass.choices,
        help_text=_(
            "Deep touches spare new friends. Service messages are owed to the customer: caps and "
            "hold-out do not apply, quiet hours and do-not-contact do."
        ),
    )
    holdout_percent = forms.IntegerField(
        label=_("Hold-out %"),
        min_value=0,
        max_value=50,
        help_text=_("This share gets nothing, so that the effect can be measured."),
    )
    window_start = moment(_("Window opens"))
    window_end = moment(_("Window closes"))

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        segment = self.fields["segment"]
        if isinstance(segment, forms.ModelChoiceField):
            segment.queryset = live_segments()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for problem in problems(self.draft(), now=self.now):
            field = {"attachments": "link_url"}.get(problem.field, problem.field)
            if field not in self.errors:
                self.add_error(field or None, str(problem))
        return cleaned

    def draft(self) -> Draft:
        """What was typed; fields that could not be read stand at their defaults."""
        typed = self.cleaned_data
        return Draft(
            name=typed.get("name") or "",
            benefit=typed.get("benefit") or "",
            text=typed.get("text") or "",
            segment=typed.get("segment"),
            window_start=typed.get("window_start"),
            window_end=typed.get("window_end"),
            touch_class=typed.get("touch_class") or TouchClass.LIGHT,
            holdout_percent=typed.get("holdout_percent") or 0,
            attachments=_link(typed),
        )


def starting_values(now: datetime) -> dict[str, Any]:
    """What a new broadcast begins with: the house's hold-out and the next possible window."""
    start, end = next_window(house_terms(), now)
    return {
        "touch_class": TouchClass.LIGHT,
        "holdout_percent": policy_settings().holdout_percent,
        "window_start": start,
        "window_end": end,
    }


def values_of(broadcast: Broadcast) -> dict[str, Any]:
    link = broadcast.attachments[0]["link"] if broadcast.attachments else {}
    return {
        "name": broadcast.name,
        "benefit": broadcast.benefit,
        "segment": broadcast.segment_id,
        "text": broadcast.text,
        "link_title": link.get("title", ""),
        "link_url": link.get("url", ""),
        "link_desc": link.get("desc", ""),
        "touch_class": broadcast.touch_class,
        "holdout_percent": broadcast.holdout_percent,
        "window_start": timezone.localtime(broadcast.window_start),
        "window_end": timezone.localtime(broadcast.window_end),
    }


def _link(typed: dict[str, Any]) -> list[dict[str, Any]]:
    link = {part: typed.get(f"link_{part}") or "" for part in ("title", "url", "desc")}
    if not any(link.values()):
        return []
    return [{"msgtype": "link", "link": {part: text for part, text in link.items() if text}}]
