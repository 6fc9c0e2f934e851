"""Walking through WeCom's pages by cursor (分页)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from scrm.wecom.errors import OutcomeUnknown

Item = TypeVar("Item")


def walk(fetch: Callable[[str], tuple[Sequence[Item], str]]) -> Iterator[Item]:
    """Every item of every page. `fetch(cursor)` gives a page's items and the next cursor.

    Pages may be short or empty; only an empty cursor ends. Raises OutcomeUnknown when a cursor
    comes back a second time, which would never end.
    """
    cursor, seen = "", set[str]()
    while True:
        items, cursor = fetch(cursor)
        yield from items
        if not cursor:
            return
        if cursor in seen:
            raise OutcomeUnknown(0, "the same cursor twice", "paging")
        seen.add(cursor)
