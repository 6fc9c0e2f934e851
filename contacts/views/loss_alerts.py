"""Who is told of lost customers (删人提醒)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import LossAlert, LossAlertSettings, Staff
from contacts.services.loss_alerts import set_loss_alerts
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_SET = "contacts.change_lossalertsettings"
_SHOWN = 20


class LossAlertForm(forms.Form):
    tells_removals = forms.BooleanField(
        label=gettext_lazy("Tell when staff remove a customer"), required=False
    )
    tells_unfriending = forms.BooleanField(
        label=gettext_lazy("Tell when a customer unfriends staff"), required=False
    )
    receivers = forms.MultipleChoiceField(
        label=gettext_lazy("Receivers"),
        required=False,
        help_text=gettext_lazy("They read it in the app's chat in WeCom."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["receivers"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [
                (member.userid, str(member))
                for member in Staff.objects.filter(status=Staff.Status.ACTIVE).order_by("name")
            ]


class LossAlertPage(ConsolePage):
    """The receivers, and what was sent lately."""

    template_name = "contacts/loss_alerts.html"
    permission = MAY_SET
    page_title = gettext_lazy("Loss alerts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = LossAlertSettings.objects.filter(pk=1).first()
        initial = {name: getattr(row, name) for name in LossAlertForm.base_fields} if row else None
        kwargs.setdefault("form", LossAlertForm(initial=initial))
        return super().get_context_data(alerts=LossAlert.objects.order_by("-pk")[:_SHOWN], **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = LossAlertForm(request.POST)
        if form.is_valid():
            try:
                set_loss_alerts(
                    **form.cleaned_data, operator=operator_of(request), now=timezone.now()
                )
            except InvalidInput as error:
                form.add_error(error.field, str(error))
            else:
                messages.success(request, _("Saved. Losses from now on are told."))
                return redirect("console:loss-alerts")
        return self.render_to_response(self.get_context_data(form=form))
