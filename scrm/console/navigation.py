"""The left menu, built from the page registry for one request."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from scrm.console.pages import SECTION_LABELS, MenuLink, Page, entries


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of the entries this operator may open, in the theme's own format.

    The entry with the longest address that the current one begins with is marked active.
    """
    visible = [e for e in entries() if e.label and _allowed(request, e)]
    addresses = {e.name: address(e) for e in visible}
    current = max(
        (url for url in addresses.values() if request.path.startswith(url)), key=len, default=""
    )
    groups = []
    for section, members in groupby(visible, key=lambda e: e.section):
        items = [
            {
                "title": e.label,
                "icon": e.icon,
                "link": addresses[e.name],
                "active": addresses[e.name] == current,
            }
            for e in members
        ]
        groups.append(
            {
                "title": SECTION_LABELS[section],
                "collapsible": len(items) > 1,
                "items": items,
            }
        )
    return groups


def address(entry: Page | MenuLink) -> str:
    return reverse(f"console:{entry.name}" if isinstance(entry, Page) else entry.url_name)


def _allowed(request: HttpRequest, entry: Page | MenuLink) -> bool:
    return not entry.permission or request.user.has_perm(entry.permission)
