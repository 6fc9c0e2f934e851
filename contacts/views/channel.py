"""The page of one channel: its code, whom it leads to now, what it has brought and cost."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count, Sum
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from contacts.models import Channel, ChannelArrival
from contacts.selectors.channel_duty import adds_today, duty_of, with_staff
from contacts.selectors.channel_results import SPANS, bought_by, by_day, by_staff, kept_curve
from contacts.selectors.channels import figures_of, staff_figures, visible_follows
from contacts.selectors.visibility import visible_staff
from contacts.views.channel_forms import CostForm
from contacts.views.channel_list import MAY_CHANGE, MAY_COST, MAY_DELETE, MAY_LOOK
from scrm.console.cards import Asked, Place
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.models import Operator
from scrm.console.views import ConsolePage, operator_of, shown_cards
from scrm.segments.days import business_day

_COSTS_SHOWN, _FAILED_SHOWN = 50, 10
_DEFAULT_SPAN = 30


class ChannelPage(ConsolePage):
    """One channel."""

    template_name = "contacts/channel.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        channel = get_object_or_404(with_staff(Channel.objects.all()), pk=self.kwargs["pk"])
        follows = visible_follows(operator)
        figures = figures_of([channel], follows, now=now)[channel.pk]
        bought = bought_by(channel, _scope(operator))
        span = _span(self.request)
        costs = channel.costs.select_related("created_by").order_by("-spent_on", "-pk")
        return super().get_context_data(
            title=channel.name,
            channel=channel,
            figures=figures,
            bought=bought,
            cost_per_buyer=bought.cost_per_buyer_fen(figures.cost_fen),
            duty=duty_of(channel, now=now, adds=adds_today([channel], now=now)),
            days=by_day(channel, follows, now=now, span=span),
            kept=kept_curve(channel, follows, now=now),
            staff=by_staff(staff_figures(channel, follows, now=now)),
            span=span,
            spans=SPANS,
            span_text=str(span),
            arrivals=_arrivals(channel),
            failed=channel.arrivals.filter(state=ChannelArrival.State.FAILED)
            .select_related("follow__contact")
            .order_by("-added_at")[:_FAILED_SHOWN]
            if operator.sees_everything
            else [],
            costs=costs[:_COSTS_SHOWN],
            cost_count=costs.aggregate(number=Count("pk"), fen=Sum("amount_fen")),
            cost_form=kwargs.pop("cost_form", None)
            or CostForm(initial={"spent_on": business_day(now)}),
            cards=shown_cards(
                Place.CHANNEL, Asked(operator=operator, now=now, subject_id=channel.pk)
            ),
            may_change=operator.has_perm(MAY_CHANGE),
            may_delete=operator.has_perm(MAY_DELETE),
            may_cost=operator.has_perm(MAY_COST),
            **kwargs,
        )


def _days(request: HttpRequest) -> Dataset:
    follows = visible_follows(operator_of(request))
    return by_day(_channel(request), follows, now=timezone.now(), span=_span(request))


def _kept(request: HttpRequest) -> Dataset:
    follows = visible_follows(operator_of(request))
    return kept_curve(_channel(request), follows, now=timezone.now())


def _staff(request: HttpRequest) -> Dataset:
    follows = visible_follows(operator_of(request))
    return by_staff(staff_figures(_channel(request), follows, now=timezone.now()))


class DownloadChannel(DatasetDownload):
    """The figures behind the charts of a channel's page."""

    permission = MAY_LOOK
    datasets: ClassVar[Datasets] = {
        "channel-days": _days,
        "channel-kept": _kept,
        "channel-staff": _staff,
    }

    def get(self, request: HttpRequest, dataset: str, **_which: int) -> StreamingHttpResponse:
        return super().get(request, dataset)


def _channel(request: HttpRequest) -> Channel:
    number = request.resolver_match.kwargs["pk"] if request.resolver_match else 0
    return get_object_or_404(Channel, pk=number)


def _span(request: HttpRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in {str(days) for days in SPANS} else _DEFAULT_SPAN


def _scope(operator: Operator) -> Any:
    return None if operator.sees_everything else visible_staff(operator)


def _arrivals(channel: Channel) -> dict[str, int]:
    counted = channel.arrivals.values_list("state").annotate(number=Count("pk")).order_by()
    return dict(counted)
