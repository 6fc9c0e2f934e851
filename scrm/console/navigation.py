"""The left menu, built from the page registry for one request."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from scrm.console.models import Operator
from scrm.console.pages import SECTION_LABELS, MenuLink, Page, Section, entries


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of the entries this operator may open, in the theme's own format.

    The entry with the longest address that the current one begins with is marked active.
    """
    visible = [e for e in entries() if e.label and _allowed(request, e)]
    addresses = {e.name: address(e) for e in visible}
    current = max(
        (url for url in addresses.values() if _lies_in(request, url)), key=len, default=""
    )
    groups = []
    for section, members in groupby(visible, key=lambda e: e.section):
        items = [
            {
                "title": e.label,
                "icon": e.icon,
                "link": addresses[e.name],
                "active": addresses[e.name] == current,
                "badge": _badge(request, e),
            }
            for e in members
        ]
        groups.append(
            {
                # Home is one entry and needs no heading above it.
                "title": "" if section is Section.HOME else SECTION_LABELS[section],
                "collapsible": section is not Section.HOME,
                "items": items,
            }
        )
    return groups


def _badge(request: HttpRequest, entry: Page | MenuLink) -> int:
    """What waits behind an entry; the theme shows nothing for 0."""
    if not isinstance(entry, Page) or entry.badge is None:
        return 0
    return entry.badge(request.user) if isinstance(request.user, Operator) else 0


def address(entry: Page | MenuLink) -> str:
    return reverse(f"console:{entry.name}" if isinstance(entry, Page) else entry.url_name)


def _lies_in(request: HttpRequest, url: str) -> bool:
    return request.path == url if url == "/" else request.path.startswith(url)


def _allowed(request: HttpRequest, entry: Page | MenuLink) -> bool:
    return not entry.permission or request.user.has_perm(entry.permission)
