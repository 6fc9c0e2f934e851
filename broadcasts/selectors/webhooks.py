"""Read webhooks and what became of their messages (开放接口推送)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from broadcasts.models import WebhookDelivery, WebhookEndpoint

State = WebhookDelivery.State


@dataclass(frozen=True)
class Figures:
    """Deliveries of the log's month, by state."""

    sent: int
    waiting: int
    failed: int
    last: object


def live_endpoints() -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(is_deleted=False).order_by("name", "pk")


def endpoint_figures(endpoint: WebhookEndpoint) -> Figures:
    counts = endpoint.deliveries.aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in State},
        last=Max("tried_at"),
    )
    return Figures(**counts)


def deliveries(
    endpoint: WebhookEndpoint, *, state: str = "", kind: str = ""
) -> QuerySet[WebhookDelivery]:
    """Its log, unordered."""
    found = endpoint.deliveries.select_related("event")
    if state:
        found = found.filter(state=state)
    return found.filter(event__kind=kind) if kind else found
