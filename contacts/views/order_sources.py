"""Pages of the shops that send their orders themselves (订单来源)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from contacts.models import OrderDelivery, OrderSource
from contacts.selectors.order_sources import deliveries_of, figures_of, order_sources, shown_body
from contacts.services import order_deliveries
from contacts.services import order_sources as services
from scrm.console.fields import blame, row_number
from scrm.console.paging import Sort, window
from scrm.console.views import ConsolePage, RowAction, operator_of
from scrm.errors import InvalidInput

MAY_LOOK = "contacts.view_ordersource"
MAY_ADD = "contacts.add_ordersource"
MAY_CHANGE = "contacts.change_ordersource"
NEWEST_FIRST = Sort("pk")
# In the session: the source whose secret the next page shows.
_TO_SHOW = "order_source_to_show"
_MOST_REPLAYED = 200


class SourceForm(forms.Form):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=64)
    name = forms.CharField(
        label=gettext_lazy("Short name"),
        max_length=32,
        help_text=gettext_lazy(
            "Part of the address; small letters and digits. Files imported under the same source "
            "are the same shop's orders. It stays for ever."
        ),
    )


class LogFilter(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", "–"), *OrderDelivery.State.choices],
    )


class SourceList(ConsolePage):
    template_name = "contacts/order_sources.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Order sources")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            rows=[(source, figures_of(source)) for source in order_sources()],
            may_add=operator_of(self.request).has_perm(MAY_ADD),
            **kwargs,
        )


class NewSource(ConsolePage):
    template_name = "contacts/order_source_form.html"
    permission = MAY_ADD
    page_title = gettext_lazy("New order source")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", SourceForm())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SourceForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                source = services.create_source(
                    name=given["name"],
                    label=given["label"],
                    operator=operator_of(request),
                    now=timezone.now(),
                )
            except InvalidInput as error:
                blame(form, error)
            else:
                request.session[_TO_SHOW] = source.pk
                return redirect("console:order-source", pk=source.pk)
        return self.render_to_response(self.get_context_data(form=form), status=422)


class SourcePage(ConsolePage):
    """One shop with its log; right after a secret was made, with it."""

    template_name = "contacts/order_source.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Order source")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        source = get_object_or_404(order_sources(), pk=kwargs["pk"])
        form = LogFilter(self.request.GET)
        state = form.cleaned_data["state"] if form.is_valid() else ""
        page = window(
            deliveries_of(source, state=state),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
        )
        now = timezone.now()
        path = reverse("hooks:orders", args=[source.name])
        return super().get_context_data(
            source=source,
            address=f"{settings.PUBLIC_URL}{path}"
            if settings.PUBLIC_URL
            else self.request.build_absolute_uri(path),
            figures=figures_of(source),
            form=form,
            is_filtered=bool(state),
            window=page,
            rows=[(delivery, shown_body(delivery)) for delivery in page.rows],
            secret=self._shown_once(source),
            old_until=source.rotated_at + services.OVERLAP
            if source.rotated_at and now < source.rotated_at + services.OVERLAP
            else None,
            may_change=operator_of(self.request).has_perm(MAY_CHANGE),
            **kwargs,
        )

    def _shown_once(self, source: OrderSource) -> str:
        if self.request.session.get(_TO_SHOW) != source.pk:
            return ""
        del self.request.session[_TO_SHOW]
        return services.secret_of(source)


class _Act(RowAction):
    permission = MAY_CHANGE
    page = "console:order-source"

    def row(self, _request: HttpRequest, pk: int) -> OrderSource:
        return get_object_or_404(OrderSource, pk=pk)


class RenewSecret(_Act):
    def act(self, request: HttpRequest, source: OrderSource) -> None:
        services.renew_secret(source=source, **self.acting())
        request.session[_TO_SHOW] = source.pk


class SwitchSource(_Act):
    def act(self, request: HttpRequest, source: OrderSource) -> None:
        active = request.POST.get("active") == "1"
        services.switch_source(source=source, active=active, **self.acting())


class ReplayDeliveries(_Act):
    """Chosen messages again, or all with refused rows."""

    def act(self, request: HttpRequest, source: OrderSource) -> None:
        chosen = [row_number(pk) for pk in request.POST.getlist("delivery")[:_MOST_REPLAYED]]
        again = order_deliveries.replay(
            source=source,
            delivery_ids=None
            if request.POST.get("which") == "refused"
            else [pk for pk in chosen if pk is not None],
            **self.acting(),
        )
        words = ngettext(
            "%(number)d message is taken again.", "%(number)d messages are taken again.", again
        )
        messages.success(request, words % {"number": again})
