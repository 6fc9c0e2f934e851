"""What became of each version of a message (A/B 结果)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from broadcasts.models import Batch, Broadcast, Variant


@dataclass(frozen=True)
class VariantResult:
    """One version: how many were to get it, how many did, and how many of WeCom's named
    customers opened one of its links. `clickers` is None where it has no tracked link.
    """

    variant: Variant
    planned: int
    sent: int
    clickers: int | None

    @property
    def click_share(self) -> float | None:
        """Of those who got it; None before anybody did."""
        return self.clickers / self.sent if self.sent and self.clickers is not None else None


def variant_results(broadcast: Broadcast) -> list[VariantResult]:
    """By letter; empty for a broadcast of one version. Three queries."""
    variants = list(broadcast.variants.order_by("letter"))
    if not variants:
        return []
    batches = Batch.objects.filter(broadcast=broadcast, variant__isnull=False).order_by()
    summed = batches.values("variant_id").annotate(planned=Sum("size"), sent=Sum("sent_count"))
    counts = {row["variant_id"]: (row["planned"], row["sent"]) for row in summed}
    clicks = broadcast.links.exclude(variant="").values("variant")
    clickers = {
        row["variant"]: row["people"]
        for row in clicks.order_by().annotate(
            people=Count(
                "clicks__contact_id", distinct=True, filter=Q(clicks__contact__isnull=False)
            )
        )
    }
    return [
        VariantResult(
            variant=one,
            planned=counts.get(one.pk, (0, 0))[0],
            sent=counts.get(one.pk, (0, 0))[1],
            clickers=clickers.get(one.letter),
        )
        for one in variants
    ]
