"""Complaints: the list, and recording one (登记投诉)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Broadcast
from broadcasts.selectors.complaints import visible_complaints
from broadcasts.selectors.progress import visible_broadcasts
from broadcasts.services.complaints import ComplaintDraft, record_complaint
from contacts.models import Contact
from contacts.selectors.visibility import visible_contacts
from scrm.console.fields import without_nul
from scrm.console.models import Operator
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_LOOK = "broadcasts.view_complaint"
MAY_RECORD = "broadcasts.add_complaint"
NEWEST_FIRST = Sort("at")
LOCAL = "%Y-%m-%dT%H:%M"
_OFFERED = 50


class ComplaintForm(forms.Form):
    external_userid = forms.CharField(
        label=gettext_lazy("Customer"),
        max_length=64,
        help_text=gettext_lazy(
            "The external_userid, as WeCom and the export of customers give it."
        ),
    )
    at = forms.DateTimeField(
        label=gettext_lazy("Complained at"),
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"}),
    )
    broadcast = forms.ModelChoiceField(
        label=gettext_lazy("About the broadcast"),
        queryset=Broadcast.objects.none(),
        required=False,
        empty_label=gettext_lazy("not known: what reached the customer within a day before"),
    )
    words = forms.CharField(
        label=gettext_lazy("In the customer's words"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Such as “TD” or “不要再发了”."),
    )

    def __init__(self, operator: Operator, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = visible_broadcasts(operator).filter(frozen_at__isnull=False)
        newest = seen.order_by("-created_at", "-pk").values_list("pk", flat=True)[:_OFFERED]
        field = self.fields["broadcast"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Broadcast.objects.filter(pk__in=list(newest))
        self._people = visible_contacts(operator)

    def clean_external_userid(self) -> Contact:
        wanted = without_nul(self.cleaned_data["external_userid"]).strip()
        person = self._people.filter(external_userid=wanted).first()
        if person is None:
            raise forms.ValidationError(_("There is no such customer, or not for you to see."))
        return person


class ComplaintList(ConsolePage):
    template_name = "broadcasts/complaints.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Complaints")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        found = visible_complaints(operator)
        return super().get_context_data(
            window=window(
                found,
                sort=NEWEST_FIRST,
                cursor=self.request.GET.get("after", ""),
                count_words=_("%(number)s complaints") % {"number": counted(found)},
            ),
            may_record=operator.has_perm(MAY_RECORD),
            **kwargs,
        )


class NewComplaint(ConsolePage):
    template_name = "broadcasts/complaint_form.html"
    permission = MAY_RECORD
    page_title = gettext_lazy("Record a complaint")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if "form" not in kwargs:
            kwargs["form"] = ComplaintForm(
                operator_of(self.request),
                initial={
                    "external_userid": self.request.GET.get("external_userid", ""),
                    "broadcast": self.request.GET.get("broadcast", ""),
                    "at": timezone.localtime(),
                },
            )
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        operator = operator_of(request)
        form = ComplaintForm(operator, request.POST)
        if form.is_valid():
            given = form.cleaned_data
            draft = ComplaintDraft(
                contact=given["external_userid"],
                at=given["at"],
                words=given["words"],
                broadcast=given["broadcast"],
            )
            try:
                record_complaint(draft=draft, operator=operator, now=timezone.now())
            except InvalidInput as error:
                form.add_error(error.field, str(error))
            else:
                messages.success(request, _("Recorded. The harm guard counts it."))
                return redirect("console:complaint-list")
        return self.render_to_response(self.get_context_data(form=form), status=422)
