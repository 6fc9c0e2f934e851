"""Who opened the tracked links of a broadcast (群发点击), whatever its versions."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from broadcasts.models import Broadcast, LinkClick, TrackedLink
from broadcasts.selectors.links import LinkFigures, figures_of


@dataclass(frozen=True)
class BroadcastLinks:
    """Each link with its figures. `people` counts a customer once for the broadcast, however many
    of its links she opened; `sent` is how many customers, or groups, got it.
    """

    rows: list[tuple[TrackedLink, LinkFigures]]
    people: int
    clicks: int
    anonymous: int
    sent: int
    is_for_groups: bool

    @property
    def share(self) -> float | None:
        """Of the customers it reached; None before that, and for groups, whose readers nobody
        counts.
        """
        return self.people / self.sent if self.sent and not self.is_for_groups else None


def broadcast_links(broadcast: Broadcast) -> BroadcastLinks | None:
    """None without a tracked link. Four queries, one without."""
    links = list(broadcast.links.order_by("variant", "pk"))
    if not links:
        return None
    figures = figures_of(links)
    rows = [(link, figures.get(link.pk, LinkFigures())) for link in links]
    named = LinkClick.objects.filter(link__in=links, contact__isnull=False)
    return BroadcastLinks(
        rows=rows,
        people=named.values("contact_id").distinct().count(),
        clicks=sum(found.clicks for _link, found in rows),
        anonymous=sum(found.anonymous for _link, found in rows),
        sent=broadcast.batches.aggregate(sent=Sum("sent_count", default=0))["sent"],
        is_for_groups=broadcast.is_for_groups,
    )
