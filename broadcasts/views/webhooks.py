"""Pages of outgoing webhooks (开放接口推送): addresses, their log, and what one does with them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from broadcasts.models import WebhookDelivery, WebhookEndpoint, WebhookKind
from broadcasts.selectors.webhooks import deliveries, endpoint_figures, live_endpoints
from broadcasts.services import webhooks
from broadcasts.services.webhook_delivery import body_of
from broadcasts.services.webhook_secret import secret_of
from scrm.console.cards import Asked
from scrm.console.fields import row_number
from scrm.console.paging import Sort, window
from scrm.console.views import ConsolePage, RowAction, operator_of
from scrm.errors import InvalidInput

MAY_LOOK = "broadcasts.view_webhookendpoint"
MAY_ADD = "broadcasts.add_webhookendpoint"
MAY_CHANGE = "broadcasts.change_webhookendpoint"
NEWEST_FIRST = Sort("pk")
# In the session: the address whose secret the next page shows.
_TO_SHOW = "webhook_to_show"
_MOST_REPLAYED = 200


class EndpointForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=64)
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/scrm"}),
        help_text=gettext_lazy("https:// only, and nothing inside our own network."),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[choice for choice in WebhookKind.choices if choice[0] != WebhookKind.TEST],
        widget=forms.CheckboxSelectMultiple,
    )


class LogFilter(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", "–"), *WebhookDelivery.State.choices],
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Event"), required=False, choices=[("", "–"), *WebhookKind.choices]
    )


def _endpoint(pk: int) -> WebhookEndpoint:
    return get_object_or_404(live_endpoints(), pk=pk)


class WebhookList(ConsolePage):
    template_name = "broadcasts/webhooks.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Webhooks")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            rows=[(endpoint, endpoint_figures(endpoint)) for endpoint in live_endpoints()],
            may_add=operator_of(self.request).has_perm(MAY_ADD),
            **kwargs,
        )


class WebhookPage(ConsolePage):
    """One address with its log; right after it was made, with its secret."""

    template_name = "broadcasts/webhook.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Webhook")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        endpoint = _endpoint(kwargs["pk"])
        form = LogFilter(self.request.GET)
        wanted = form.cleaned_data if form.is_valid() else {}
        page = window(
            deliveries(endpoint, state=wanted.get("state", ""), kind=wanted.get("kind", "")),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
        )
        return super().get_context_data(
            endpoint=endpoint,
            kinds=[WebhookKind(kind).label for kind in endpoint.kinds],
            figures=endpoint_figures(endpoint),
            form=form,
            is_filtered=any(wanted.values()),
            window=page,
            rows=[(delivery, body_of(delivery.event).decode()) for delivery in page.rows],
            secret=self._shown_once(endpoint),
            may_change=operator_of(self.request).has_perm(MAY_CHANGE),
            **kwargs,
        )

    def _shown_once(self, endpoint: WebhookEndpoint) -> str:
        if self.request.session.get(_TO_SHOW) != endpoint.pk:
            return ""
        del self.request.session[_TO_SHOW]
        return secret_of(endpoint)


class _Form(ConsolePage):
    template_name = "broadcasts/webhook_form.html"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = EndpointForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            draft = webhooks.EndpointDraft(
                name=given["name"], url=given["url"], kinds=tuple(given["kinds"])
            )
            try:
                pk = self.save(draft, **kwargs)
            except InvalidInput as error:
                form.add_error(error.field, str(error))
            else:
                return redirect("console:webhook", pk=pk)
        return self.render_to_response(self.get_context_data(form=form, **kwargs), status=422)

    def save(self, draft: webhooks.EndpointDraft, **kwargs: Any) -> int:
        raise NotImplementedError


class NewWebhook(_Form):
    permission = MAY_ADD
    page_title = gettext_lazy("New webhook")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", EndpointForm())
        return super().get_context_data(**kwargs)

    def save(self, draft: webhooks.EndpointDraft, **kwargs: Any) -> int:
        endpoint = webhooks.create_endpoint(
            draft=draft, operator=operator_of(self.request), now=timezone.now()
        )
        self.request.session[_TO_SHOW] = endpoint.pk
        return endpoint.pk


class EditWebhook(_Form):
    permission = MAY_CHANGE
    page_title = gettext_lazy("Edit the webhook")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        endpoint = _endpoint(kwargs["pk"])
        initial = {name: getattr(endpoint, name) for name in EndpointForm.base_fields}
        kwargs.setdefault("form", EndpointForm(initial=initial))
        return super().get_context_data(endpoint=endpoint, **kwargs)

    def save(self, draft: webhooks.EndpointDraft, **kwargs: Any) -> int:
        endpoint = webhooks.change_endpoint(
            endpoint=_endpoint(kwargs["pk"]),
            draft=draft,
            operator=operator_of(self.request),
            now=timezone.now(),
        )
        messages.success(self.request, _("Saved."))
        return endpoint.pk


class _Act(RowAction):
    permission = MAY_CHANGE
    page = "console:webhook"

    def row(self, _request: HttpRequest, pk: int) -> WebhookEndpoint:
        return _endpoint(pk)


class TestWebhook(_Act):
    def act(self, request: HttpRequest, endpoint: WebhookEndpoint) -> None:
        webhooks.send_test(endpoint=endpoint, **self.acting())
        messages.success(request, _("A test is on its way; load the page again in a moment."))


class RenewSecret(_Act):
    def act(self, request: HttpRequest, endpoint: WebhookEndpoint) -> None:
        webhooks.renew_secret(endpoint=endpoint, **self.acting())
        request.session[_TO_SHOW] = endpoint.pk


class SwitchWebhook(_Act):
    def act(self, request: HttpRequest, endpoint: WebhookEndpoint) -> None:
        active = request.POST.get("active") == "1"
        webhooks.switch_endpoint(endpoint=endpoint, active=active, **self.acting())


class ReplayWebhook(_Act):
    """Chosen deliveries again, or every failed one when none is chosen."""

    def act(self, request: HttpRequest, endpoint: WebhookEndpoint) -> None:
        chosen = [row_number(pk) for pk in request.POST.getlist("delivery")[:_MOST_REPLAYED]]
        ids = [pk for pk in chosen if pk is not None]
        again = webhooks.replay(
            endpoint=endpoint,
            delivery_ids=ids if request.POST.get("which") != "failed" else None,
            **self.acting(),
        )
        words = ngettext("%(number)d is delivered again.", "%(number)d are delivered again.", again)
        messages.success(request, words % {"number": again})


class DeleteWebhook(_Act):
    def act(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponseBase:
        webhooks.delete_endpoint(endpoint=endpoint, **self.acting())
        messages.success(request, _("The webhook is deleted."))
        return redirect("console:webhooks")


def switched_off_card(asked: Asked) -> dict[str, Any] | None:
    """Addresses that were switched off because nothing arrived there."""
    dead = list(live_endpoints().filter(switched_off_at__isnull=False))
    return {"endpoints": dead} if dead else None
