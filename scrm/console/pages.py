"""The registry of console pages and menu entries; apps register theirs in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scrm.console.models import Operator


class Section(Enum):
    """The groups of the left menu, in their order."""

    HOME = "home"
    ACQUIRE = "acquire"
    CONTACTS = "contacts"
    GROUPS = "groups"
    BROADCASTS = "broadcasts"
    CONTENT = "content"
    COMMERCE = "commerce"
    ANALYTICS = "analytics"
    SERVICE = "service"
    SETTINGS = "settings"


SECTION_LABELS: dict[Section, str | Promise] = {
    Section.HOME: _("Home"),
    Section.ACQUIRE: _("Acquisition"),
    Section.CONTACTS: _("Customers"),
    Section.GROUPS: _("Customer groups"),
    Section.BROADCASTS: _("Reach"),
    Section.CONTENT: _("Content"),
    Section.COMMERCE: _("Orders and products"),
    Section.ANALYTICS: _("Data"),
    Section.SERVICE: _("Service and risk"),
    Section.SETTINGS: _("Settings"),
}


@dataclass(frozen=True)
class Page:
    """An own page of the console at `/<path>`, reversible as `console:<name>`.

    A page without `label` has an address but no menu entry. `badge` counts what waits there for
    this operator, shown in the menu unless it is 0; it is asked on every page, so keep it cheap.
    """

    name: str
    path: str
    view: Callable[..., Any]
    section: Section
    permission: str = ""
    label: str | Promise = ""
    icon: str = "circle"
    order: int = 100
    badge: Callable[[Operator], int] | None = None


@dataclass(frozen=True)
class MenuLink:
    """A menu entry for an address somebody else serves, such as an admin list."""

    name: str
    url_name: str
    section: Section
    label: str | Promise
    permission: str = ""
    icon: str = "circle"
    order: int = 100


_entries: dict[str, Page | MenuLink] = {}


def register(entry: Page | MenuLink) -> None:
    """Add an entry; raises ValueError when its name is taken."""
    if entry.name in _entries:
        raise ValueError(f"console page {entry.name!r} is registered twice")
    _entries[entry.name] = entry


def entries() -> list[Page | MenuLink]:
    """All entries in menu order."""
    sections = list(Section)
    return sorted(_entries.values(), key=lambda e: (sections.index(e.section), e.order, e.name))


def urlpatterns() -> list[URLPattern]:
    return [path(e.path, e.view, name=e.name) for e in entries() if isinstance(e, Page)]
