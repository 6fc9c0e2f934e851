"""What a field of kind choice or set can be compared with: a fixed list, or rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise

from scrm.segments.values import Key

# Ids are kept in int[] columns; a larger number names no row and must not reach the database.
_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a picker; `group` heads it (a tag's group, a staff member's position)."""

    key: Key
    label: str
    group: str = ""


class Choices(Protocol):
    """A source of entries. `is_searched`: too many for one list, the page asks while typing."""

    @property
    def is_searched(self) -> bool: ...
    def find(self, query: str, limit: int) -> list[Choice]:
        """Entries whose words contain `query`, the first `limit` in the order to show."""

    def labels(self, keys: Sequence[Key]) -> dict[Key, str]:
        """The label of each key that exists."""


@dataclass(frozen=True)
class Fixed:
    """Entries of code, such as `Fixed(lambda: Stage.choices)`; labels may be lazy."""

    entries: Callable[[], Iterable[tuple[Key, str | Promise]]]
    is_searched: bool = False

    def find(self, query: str, limit: int) -> list[Choice]:
        found = [
            Choice(key, str(label))
            for key, label in self.entries()
            if query.lower() in str(label).lower()
        ]
        return found[:limit]

    def labels(self, keys: Sequence[Key]) -> dict[Key, str]:
        return {key: str(label) for key, label in self.entries() if key in keys}


@dataclass(frozen=True)
class Rows:
    """Rows of a table by primary key, such as `Rows("contacts.Tag", group="group__name")`.

    `offered` narrows what a picker shows; a rule may still name any row, because a tag that has
    gone from WeCom keeps its meaning in rules saved before.
    """

    model: str
    label: str = "name"
    group: str = ""
    search: tuple[str, ...] = ()
    offered: Q | None = None
    order: tuple[str, ...] = ()
    is_searched: bool = True

    def find(self, query: str, limit: int) -> list[Choice]:
        rows = self._rows().filter(self.offered or Q())
        wanted = Q()
        for column in self.search or (self.label,):
            wanted |= Q(**{f"{column}__icontains": query})
        rows = rows.filter(wanted) if query else rows
        return self._read(rows.order_by(*self.order, self.label, "pk")[:limit])

    def labels(self, keys: Sequence[Key]) -> dict[Key, str]:
        ids = [key for key in keys if isinstance(key, int) and 0 <= key <= _LARGEST_ID]
        return {choice.key: choice.label for choice in self._read(self._rows().filter(pk__in=ids))}

    def _rows(self) -> QuerySet[Model]:
        model: type[Model] = apps.get_model(self.model)
        return model._default_manager.all()

    def _read(self, rows: QuerySet[Any]) -> list[Choice]:
        columns = ["pk", self.label, *([self.group] if self.group else [])]
        return [
            Choice(key, label or str(key), *(str(group or "") for group in rest))
            for key, label, *rest in rows.values_list(*columns)
        ]
