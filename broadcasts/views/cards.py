"""Cards of other pages: running broadcasts at home, touches of a customer, a channel's welcome."""

from __future__ import annotations

from typing import Any

from broadcasts.models import Broadcast, Welcome
from broadcasts.models.broadcast import RUNNING
from broadcasts.selectors.progress import visible_broadcasts
from broadcasts.selectors.touches import touch_budget
from contacts.models import Channel
from scrm.console.cards import Asked


def broadcasts_card(asked: Asked) -> dict[str, Any]:
    seen = visible_broadcasts(asked.operator)
    return {
        "running": list(seen.filter(state__in=RUNNING).order_by("window_start", "pk")[:5]),
        "upcoming": list(
            seen.filter(state=Broadcast.State.SCHEDULED).order_by("window_start", "pk")[:3]
        ),
        "drafts": list(seen.filter(state=Broadcast.State.DRAFT).order_by("-created_at", "-pk")[:3]),
        "may_write": asked.operator.has_perm("broadcasts.add_broadcast"),
    }


def touches_card(asked: Asked) -> dict[str, Any]:
    return {"budget": touch_budget(asked.subject_id, now=asked.now)}


def channel_welcome_card(asked: Asked) -> dict[str, Any] | None:
    """The welcomes written for a channel's newcomers; others hold for them, too, without any."""
    channel = Channel.objects.get(pk=asked.subject_id)
    named = Welcome.objects.filter(
        scope=Welcome.Scope.CHANNEL, states__contains=[channel.state], is_archived=False
    )
    return {
        "welcomes": list(named.order_by("-is_active", "-priority", "pk")),
        "state": channel.state,
        "may_write": asked.operator.has_perm("broadcasts.add_welcome"),
    }
