"""The composer's form (新建群发): what an operator types, turned into a `Draft`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Broadcast, TouchClass
from broadcasts.models.written import ReminderPlan, Written
from broadcasts.selectors.policy import policy_settings, terms_from
from broadcasts.selectors.senders import possible_senders
from broadcasts.services.compose import Draft, next_window, problems, variants_of
from broadcasts.views.message_rows import (
    LETTERS,
    AttachmentRow,
    VariantRow,
    attachment_rows,
    attachments_of,
    rows_of,
    variant_rows,
)
from contacts.models import Segment, Staff, Topic
from contacts.selectors.segments import live_segments
from groups.models import GroupSegment
from groups.selectors.audiences import live_segments as live_group_segments
from scrm.console.models import Operator
from scrm.errors import InvalidInput

LOCAL = "%Y-%m-%dT%H:%M"
# What WeCom takes, and how many versions one broadcast may have.
MOST_ATTACHMENTS = 9


def moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"}),
    )


class BroadcastForm(forms.Form):
    """Fields only; what is right or wrong with them is known to the service.

    With `is_unfinished` the data stands as it was typed and nothing of it is judged yet.
    """

    kind = forms.ChoiceField(
        label=_("To whom"), choices=Broadcast.Kind.choices, widget=forms.RadioSelect
    )
    name = forms.CharField(
        label=_("Name"), required=False, help_text=_("For your colleagues; customers never see it.")
    )
    benefit = forms.CharField(
        label=_("What does the customer gain?"),
        required=False,
        help_text=_("One sentence. If nothing comes to mind, do not send."),
    )
    segment = forms.ModelChoiceField(
        label=_("Segment"),
        queryset=Segment.objects.none(),
        required=False,
        empty_label=_("Please choose"),
    )
    group_segment = forms.ModelChoiceField(
        label=_("Group segment"),
        queryset=GroupSegment.objects.none(),
        required=False,
        empty_label=_("Please choose"),
    )
    without = forms.ModelMultipleChoiceField(
        label=_("Without the customers of"),
        queryset=Segment.objects.none(),
        required=False,
        help_text=_("Whoever is in one of these segments is not written to."),
    )
    senders = forms.ModelMultipleChoiceField(
        label=_("Staff who send"),
        queryset=Staff.objects.none(),
        required=False,
        help_text=_("None chosen: everybody who serves one of the customers, or owns the group."),
    )
    text = forms.CharField(
        label=_("Message"), required=False, strip=True, widget=forms.Textarea(attrs={"rows": 8})
    )
    share_a = forms.CharField(required=False)
    # How the draft stood when the page was opened.
    base = forms.CharField(required=False, widget=forms.HiddenInput)
    topic = forms.ModelChoiceField(
        label=_("Topic"),
        queryset=Topic.objects.none(),
        required=False,
        empty_label="–",
        help_text=_("Customers who switched this topic off are left out."),
    )
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=1,
        max_value=9,
        help_text=_("1 is the highest: it wins when two want the same customer."),
    )
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
    reminder_plan = forms.ChoiceField(
        label=_("Reminders of staff"),
        choices=ReminderPlan.choices,
        required=False,
        help_text=_(
            "Only who has not confirmed, never in the quiet hours, and at most three times in "
            "24 hours together with your own reminders."
        ),
    )
    window_start = moment(_("Window opens"))
    window_end = moment(_("Window closes"))

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        operator: Operator,
        now: datetime,
        is_unfinished: bool = False,
        attachments: Sequence[AttachmentRow] = (),
        variants: Sequence[VariantRow] = (),
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        self.now = now
        self.attachment_rows = list(attachments) if data is None else attachment_rows(data)
        self.variant_rows = list(variants) if data is None else variant_rows(data)
        if is_unfinished:
            self._errors = ErrorDict()
            self.cleaned_data = {}
        self._offer("segment", live_segments())
        self._offer("without", live_segments())
        self._offer("group_segment", live_group_segments())
        self._offer("topic", Topic.objects.filter(is_active=True))
        self._offer("senders", possible_senders(operator))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for problem in self.found_problems():
            field = problem.field if problem.field in self.fields else None
            if field not in self.errors:
                self.add_error(field, str(problem))
        return cleaned

    def found_problems(self) -> list[InvalidInput]:
        return problems(self.draft(), now=self.now)

    def draft(self, *, window: tuple[datetime, datetime] | None = None) -> Draft:
        """What was typed; fields that could not be read stand at their defaults. `window` is for
        who has no fields for it.
        """
        typed = self.cleaned_data
        start, end = window or (typed.get("window_start"), typed.get("window_end"))
        is_for_groups = typed.get("kind") == Broadcast.Kind.GROUP
        return Draft(
            kind=typed.get("kind") or Broadcast.Kind.PRIVATE,
            name=typed.get("name") or "",
            benefit=typed.get("benefit") or "",
            text=typed.get("text") or "",
            segment=None if is_for_groups else typed.get("segment"),
            group_segment=typed.get("group_segment") if is_for_groups else None,
            without=[] if is_for_groups else list(typed.get("without") or ()),
            senders=[staff.pk for staff in typed.get("senders") or ()],
            topic=typed.get("topic"),
            priority=typed.get("priority") or 5,
            reminder_plan=typed.get("reminder_plan") or ReminderPlan.OFF,
            window_start=start,
            window_end=end,
            touch_class=typed.get("touch_class") or TouchClass.LIGHT,
            holdout_percent=typed.get("holdout_percent") or 0,
            attachments=attachments_of(self.attachment_rows),
            variants=self._variants(typed),
        )

    def _variants(self, typed: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Versions A to D; none when only A was written."""
        others = [row for row in self.variant_rows if not row.is_empty]
        if not others:
            return []
        own = {"text": typed.get("text") or "", "attachments": attachments_of(self.attachment_rows)}
        shown = [{"letter": LETTERS[0], "share": _share(typed.get("share_a")), **own}]
        for letter, row in zip(LETTERS[1:], others, strict=False):
            attachments = attachments_of([row.row]) or own["attachments"]
            text = row.text.strip()
            shown.append(
                {"letter": letter, "share": _share(row.share), "text": text}
                | {"attachments": attachments}
            )
        return shown

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows


def starting_values(now: datetime, *, kind: str = Broadcast.Kind.PRIVATE) -> dict[str, Any]:
    """What a new broadcast begins with: the house's hold-out and the next possible window."""
    house = policy_settings()
    start, end = next_window(terms_from(house).over(kind), now)
    return {
        "kind": kind,
        "touch_class": TouchClass.LIGHT,
        "priority": house.broadcast_priority,
        "reminder_plan": ReminderPlan.OFF,
        "holdout_percent": house.holdout_percent,
        "window_start": start,
        "window_end": end,
    }


def values_of(broadcast: Broadcast) -> dict[str, Any]:
    """A draft as the fields of the form."""
    shares = {variant.letter: variant.share for variant in broadcast.variants.all()}
    return {
        **message_values(broadcast),
        "share_a": shares.get(LETTERS[0], ""),
        "window_start": timezone.localtime(broadcast.window_start),
        "window_end": timezone.localtime(broadcast.window_end),
    }


def message_values(message: Written) -> dict[str, Any]:
    """What is written once or as a plan, as the fields of the form."""
    return {
        "kind": message.kind,
        "name": message.name,
        "benefit": message.benefit,
        "segment": message.segment_id,
        "group_segment": message.group_segment_id,
        "without": [entry["segment"] for entry in message.without],
        "senders": message.senders,
        "text": message.text,
        "topic": message.topic_id,
        "priority": message.priority,
        "reminder_plan": message.reminder_plan,
        "touch_class": message.touch_class,
        "holdout_percent": message.holdout_percent,
    }


def stored_rows(broadcast: Broadcast) -> dict[str, Any]:
    return rows_for(broadcast.attachments, variants_of(broadcast))


def rows_for(
    attachments: Sequence[Mapping[str, Any]], variants: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Stored attachments and versions as the rows of the form; A's words stand in the form."""
    others = []
    for part in variants:
        if part["letter"] == LETTERS[0]:
            continue
        own = [] if part["attachments"] == attachments else rows_of(part["attachments"])
        row = own[0] if own else AttachmentRow()
        others.append(VariantRow(part["letter"], str(part["share"]), part["text"], row))
    return {"attachments": rows_of(attachments), "variants": others}


def _share(typed: object) -> int:
    """A share as typed; what is no number is 0, which no version may have."""
    text = str(typed or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
