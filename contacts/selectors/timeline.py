"""What happened to and with one customer (客户轨迹), from all floors, in one stream.

Apps register what they know in `AppConfig.ready()`; each source is one query over the rows of one
customer, so a page takes as many queries as there are sources, however much happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PAGE = 30
# Signed, because what strangers make up may be no moment that Postgres knows.
_SIGNER = Signer(salt="timeline")


class Topic(StrEnum):
    """What a timeline can be narrowed to."""

    FRIENDSHIP = "friendship"
    TAGS = "tags"
    GROUPS = "groups"
    ORDERS = "orders"
    TOUCHES = "touches"
    STAGES = "stages"
    NOTES = "notes"
    PREFERENCES = "preferences"


TOPIC_WORDS: dict[Topic, Promise] = {
    Topic.FRIENDSHIP: _("Friendship"),
    Topic.TAGS: _("Tags"),
    Topic.GROUPS: _("Groups"),
    Topic.ORDERS: _("Orders"),
    Topic.TOUCHES: _("Touches"),
    Topic.STAGES: _("Stages"),
    Topic.NOTES: _("Notes and tasks"),
    Topic.PREFERENCES: _("Preferences"),
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `kind` is a word of its source, `tone` green, red, amber or blue."""

    at: datetime
    kind: str
    title: str
    details: str
    source: str
    pk: int
    tone: str = "blue"

    @property
    def key(self) -> tuple[datetime, str, int]:
        return self.at, self.source, self.pk


@dataclass(frozen=True)
class Source:
    """Rows of one table as entries.

    `rows(contact_id)` is what there is, `moment` the column it is sorted by. `entries` makes
    entries of some rows, so that it may ask once for what they share. `topics` says which topics
    it serves and with which rows of its own.
    """

    name: str
    rows: Callable[[int], QuerySet[Any]]
    moment: str
    entries: Callable[[list[Any]], Iterable[Entry]]
    topics: dict[Topic, Q]


@dataclass(frozen=True)
class TimelinePage:
    """Entries, newest first. `older` asks for the page behind them; "" when there is none."""

    entries: list[Entry]
    older: str
    topic: str = ""


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Add a source; raises ValueError when its name is taken."""
    if source.name in _sources:
        raise ValueError(f"timeline source {source.name!r} is registered twice")
    _sources[source.name] = source


def timeline(
    contact_id: int, *, before: str = "", topic: str = "", limit: int = PAGE
) -> TimelinePage:
    """The newest entries, or those behind the `older` of a page; a query for each source, and
    what their entries share. A `before` or `topic` that is none of ours asks for everything.
    """
    cursor = _read_cursor(before)
    wanted = Topic(topic) if topic in set(Topic) else None
    entries: list[Entry] = []
    for source in _sources.values():
        rows = source.rows(contact_id)
        if wanted is not None:
            if wanted not in source.topics:
                continue
            rows = rows.filter(source.topics[wanted])
        behind = rows.filter(_behind(cursor, source))
        found = list(behind.order_by(f"-{source.moment}", "-pk")[: limit + 1])
        entries += source.entries(found) if found else ()
    entries.sort(key=lambda entry: entry.key, reverse=True)
    shown = entries[:limit]
    older = _cursor(shown[-1]) if len(entries) > limit else ""
    return TimelinePage(shown, older, wanted or "")


def _behind(cursor: tuple[datetime, str, int] | None, source: Source) -> Q:
    """Entries of one moment are told apart by source and number, so that none is lost or doubled
    between two pages."""
    if cursor is None:
        return Q()
    at, last_source, last_pk = cursor
    moment = source.moment
    if source.name > last_source:
        return Q(**{f"{moment}__lt": at})
    if source.name < last_source:
        return Q(**{f"{moment}__lte": at})
    return Q(**{f"{moment}__lt": at}) | Q(**{moment: at, "pk__lt": last_pk})


def _cursor(entry: Entry) -> str:
    return _SIGNER.sign_object([entry.at.isoformat(), entry.source, entry.pk])


def _read_cursor(text: str) -> tuple[datetime, str, int] | None:
    try:
        at, source, pk = _SIGNER.unsign_object(text)
    except BadSignature:
        return None
    return datetime.fromisoformat(at), source, pk
