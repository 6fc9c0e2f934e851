"""The log of welcome codes (欢迎语发送记录)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from broadcasts.models import WelcomeDelivery
from broadcasts.selectors.welcome_log import outcomes, visible_deliveries
from broadcasts.selectors.welcomes import live_welcomes
from contacts.models import Contact
from scrm.console.fields import DayField, without_nul
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, operator_of

NEWEST_FIRST = Sort("received_at")
FIGURES_OVER = timedelta(days=7)


class DeliveryFilter(forms.Form):
    """What an operator may look for; nonsense looks for nothing."""

    text = forms.CharField(label=_("Customer or staff"), required=False, max_length=64)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", "–"), *WelcomeDelivery.State.choices]
    )
    reason = forms.ChoiceField(
        label=_("Why missed"), required=False, choices=[("", "–"), *WelcomeDelivery.Reason.choices]
    )
    welcome = forms.TypedChoiceField(
        label=_("Welcome"), required=False, coerce=int, empty_value=None
    )
    channel_state = forms.CharField(label=_("Channel state"), required=False, max_length=64)
    since = DayField(label=_("Added from"))
    until = DayField(label=_("Added until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["welcome"]
        if isinstance(field, forms.ChoiceField):
            names = live_welcomes().order_by("name").values_list("pk", "name")
            field.choices = [("", "–"), *names]


class WelcomeLogPage(ConsolePage):
    """One row a code, newest first."""

    template_name = "broadcasts/welcome_log.html"
    permission = "broadcasts.view_welcomedelivery"
    page_title = _("Log of welcomes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        form = DeliveryFilter(self.request.GET)
        form.is_valid()
        visible = visible_deliveries(operator)
        found = _found(visible, form.cleaned_data)
        page = window(
            found,
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=gettext("%(number)s codes") % {"number": counted(found)},
        )
        _name_customers(page.rows)
        return super().get_context_data(
            form=form,
            is_filtered=any(form.cleaned_data.values()),
            outcomes=outcomes(visible, since=now - FIGURES_OVER),
            window=page,
            **kwargs,
        )


def _name_customers(rows: list[WelcomeDelivery]) -> None:
    """Only what was sent is tied to its customer; whoever was missed is named here."""
    unnamed = [row for row in rows if row.contact is None]
    people = Contact.objects.filter(external_userid__in=[row.external_userid for row in unnamed])
    known = {person.external_userid: person for person in people}
    for row in unnamed:
        row.contact = known.get(row.external_userid)


def _found(found: QuerySet[WelcomeDelivery], wanted: dict[str, Any]) -> QuerySet[WelcomeDelivery]:
    exact = {
        name: wanted[name]
        for name in ("state", "reason", "welcome", "channel_state")
        if wanted.get(name)
    }
    found = found.filter(**exact)
    if wanted.get("since"):
        found = found.filter(received_at__date__gte=wanted["since"])
    if wanted.get("until"):
        found = found.filter(received_at__date__lte=wanted["until"])
    text = without_nul(wanted.get("text") or "").strip()
    if text:
        found = found.filter(
            Q(external_userid=text)
            | Q(userid__iexact=text)
            | Q(contact__name__icontains=text)
            | Q(staff__name__icontains=text)
        )
    return found
