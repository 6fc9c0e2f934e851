"""Read single values of a journey's JSON; what is wrong is noted with its step and field. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, TypeAlias

from scrm.segments.nodes import Node

Say: TypeAlias = Callable[[str], str]
# A rule and the subject it is about → its nodes, or None with sentences that say what is wrong.
RuleReader: TypeAlias = Callable[[object, str], tuple[Node | None, Sequence[str]]]

_MOST_IDS = 100
_LARGEST_ID = 2**31 - 1


def as_it_is(sentence: str) -> str:
    return sentence


@dataclass(frozen=True)
class Problem:
    """One mistake. `step` is the id of a step, or "" for the journey itself; `field` the place in
    it, such as `text` or `trigger.days`; `message` a sentence that says what would do.
    """

    step: str
    field: str
    message: str

    def __str__(self) -> str:
        place = " · ".join(part for part in (self.step, self.field) if part)
        return f"{place}: {self.message}" if place else self.message


class Values:
    """The values of one JSON object. A bad one is noted and read as its kind's empty value."""

    def __init__(
        self,
        data: Mapping[str, Any],
        problems: list[Problem],
        say: Say,
        *,
        step: str = "",
        prefix: str = "",
    ) -> None:
        self._data, self._problems, self._ = data, problems, say
        self._step, self._prefix = step, prefix

    def wrong(self, name: str, message: str) -> None:
        place = f"{self._prefix}.{name}" if self._prefix else name
        self._problems.append(Problem(self._step, place, message))

    def only(self, names: Iterable[str]) -> None:
        """Note what means nothing here, so that a slip of the pen is not passed over."""
        for name in sorted(str(key) for key in self._data if key not in set(names)):
            self.wrong(name[:40], self._("This means nothing here."))

    def one_of(self, name: str, allowed: Sequence[str], *, default: str = "") -> str:
        value = self._data.get(name, default)
        if isinstance(value, str) and value in allowed:
            return value
        words = self._("Give one of: %(choices)s.") % {"choices": ", ".join(allowed)}
        self.wrong(name, words)
        return ""

    def number(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        value = self._data.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        words = self._("Give a whole number from %(least)d to %(most)d.")
        self.wrong(name, words % {"least": least, "most": most})
        return least

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._data.get(name, default)
        if isinstance(value, bool):
            return value
        self.wrong(name, self._("Give true or false."))
        return default

    def text(self, name: str, *, most: int, needed: bool = True) -> str:
        value = self._data.get(name, "")
        if not isinstance(value, str) or (needed and not value.strip()):
            self.wrong(name, self._("Give some text."))
            return ""
        if len(value) > most:
            self.wrong(name, self._("At most %(most)d characters.") % {"most": most})
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            self.wrong(name, self._("This text has characters that cannot be stored."))
        return value

    def clock(self, name: str, *, default: time | None = None) -> time:
        value = self._data.get(name)
        if value is None and default is not None:
            return default
        try:
            if not isinstance(value, str) or len(value) != 5:
                raise ValueError
            return time.fromisoformat(value)
        except ValueError:
            self.wrong(name, self._("Give a time of day as HH:MM, for example 10:00."))
            return time(0)

    def ids(self, name: str, *, needed: bool = False) -> tuple[int, ...]:
        def is_id(value: object) -> bool:
            return (
                isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_ID
            )

        return tuple(self._list(name, is_id, needed=needed))

    def texts(self, name: str, *, needed: bool = False) -> tuple[str, ...]:
        def is_text(value: object) -> bool:
            return isinstance(value, str) and 0 < len(value) <= 64

        return tuple(self._list(name, is_text, needed=needed))

    def codes(self, name: str, allowed: Sequence[str], *, needed: bool = False) -> tuple[str, ...]:
        return tuple(self._list(name, lambda value: value in allowed, needed=needed))

    def weekdays(self, name: str) -> frozenset[int]:
        def is_weekday(value: object) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 7

        return frozenset(self._list(name, is_weekday, needed=False))

    def _list(self, name: str, fits: Callable[[object], bool], *, needed: bool) -> list[Any]:
        value = self._data.get(name, [])
        if not isinstance(value, list) or len(value) > _MOST_IDS or not all(map(fits, value)):
            words = self._("Give a list of at most %(most)d entries that exist.")
            self.wrong(name, words % {"most": _MOST_IDS})
            return []
        if needed and not value:
            self.wrong(name, self._("Choose at least one."))
        return list(dict.fromkeys(value))
