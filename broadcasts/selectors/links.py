"""Tracked links (雷达链接): their addresses, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse

from broadcasts.models import LinkClick, TrackedLink
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator


@dataclass(frozen=True)
class LinkFigures:
    """`people` are customers that WeCom named; clicks it named nobody for are `anonymous`."""

    clicks: int = 0
    people: int = 0
    anonymous: int = 0
    last_at: datetime | None = None


def short_path(code: str) -> str:
    return reverse("tracked-link", args=[code])


def base_address() -> str:
    """Where customers reach this installation: SCRM_PUBLIC_URL; in a simulated world without one,
    where the simulated phones on this machine do. "" when they cannot.
    """
    if settings.PUBLIC_URL or not settings.WECOM_SIMULATED:
        return str(settings.PUBLIC_URL)
    port = settings.HOME.runtime().get("port")
    return f"http://127.0.0.1:{port}" if port else ""


def short_address(code: str) -> str:
    """What stands in messages; only its path, which nobody can open, without a base address."""
    return f"{base_address()}{short_path(code)}"


def can_track() -> bool:
    """Customers can open our short addresses."""
    return bool(base_address())


def is_short(address: str) -> bool:
    return can_track() and address.startswith(f"{base_address()}/l/")


def with_addresses(
    attachments: Iterable[Mapping[str, Any]], addresses: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The attachments with the targets of link cards replaced where there is an address."""
    return [
        {
            **one,
            "link": {**one["link"], "url": addresses.get(one["link"]["url"], one["link"]["url"])},
        }
        if one.get("msgtype") == "link"
        else dict(one)
        for one in attachments
    ]


def targets_in(attachments: Iterable[Mapping[str, Any]]) -> list[str]:
    """Where link cards lead and may be tracked, once each."""
    found = (one["link"].get("url", "") for one in attachments if one.get("msgtype") == "link")
    return list(
        dict.fromkeys(url for url in found if url.startswith("https://") and not is_short(url))
    )


def with_own_links(attachments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What belongs to no broadcast, such as a welcome, with the links of the library's cards."""
    targets = targets_in(attachments) if can_track() else []
    if not targets:
        return [dict(one) for one in attachments]
    rows = TrackedLink.objects.filter(
        broadcast=None, material__isnull=False, target__in=targets
    ).order_by("-pk")
    return with_addresses(attachments, {row.target: short_address(row.code) for row in rows})


def figures_of(links: Iterable[TrackedLink]) -> dict[int, LinkFigures]:
    """The figures of these links; one query."""
    rows = (
        LinkClick.objects.filter(link__in=list(links))
        .values("link_id")
        .annotate(
            clicks=Count("pk"),
            people=Count("contact_id", distinct=True),
            anonymous=Count("pk", filter=Q(contact=None)),
            last_at=Max("at"),
        )
    )
    return {
        row["link_id"]: LinkFigures(row["clicks"], row["people"], row["anonymous"], row["last_at"])
        for row in rows
    }


def visible_clicks(link: TrackedLink, operator: Operator) -> QuerySet[LinkClick]:
    """Clicks of customers the operator may see, and those of nobody known; newest first."""
    clicks = LinkClick.objects.filter(link=link).select_related("contact").order_by("-at", "-pk")
    if operator.sees_everything:
        return clicks
    return clicks.filter(Q(contact=None) | Q(contact__in=visible_contacts(operator)))
