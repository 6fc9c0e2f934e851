"""Which pages can be shared (分享链接), and what of an address is the state of a page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve

from scrm.console.models import Operator
from scrm.console.pages import Page, Section, entries

MAY_SHARE = "console.add_sharelink"
MOST_CHARS = 2000
# Where a reader stands in a list; rows come and go.
_PASSING = frozenset({"after", "before", "page"})


@dataclass(frozen=True)
class State:
    """A data page as it is seen: its path and its query without what passes."""

    path: str
    query: str


def state_of(request: HttpRequest, permission: str) -> State | None:
    """What the share button of this page keeps; None where there is nothing to share."""
    user = request.user
    if request.method != "GET" or not permission or not isinstance(user, Operator):
        return None
    match = request.resolver_match
    if match is None or match.url_name not in _data_pages() or not user.has_perm(MAY_SHARE):
        return None
    return State(request.path, lasting(request.GET))


def page_at(path: str) -> Page | None:
    """The data page at this path of ours; None for anything else."""
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return _data_pages().get(match.url_name or "") if match.namespace == "console" else None


def lasting(query: QueryDict) -> str:
    """The state in a query: every field but the place in a list."""
    kept = query.copy()
    for name in _PASSING & kept.keys():
        del kept[name]
    return kept.urlencode()


@cache
def _data_pages() -> dict[str, Page]:
    """The pages of figures: those of the section 数据 that are looked at, not downloaded."""
    return {
        entry.name: entry
        for entry in entries()
        if isinstance(entry, Page)
        and entry.section is Section.ANALYTICS
        and getattr(getattr(entry.view, "view_class", None), "is_shareable", False)
    }
