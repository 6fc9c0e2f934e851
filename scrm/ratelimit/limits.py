"""The limits by name: what is allowed, and where the number comes from.

One of the four registries. Whoever owns a limit registers it in `AppConfig.ready()`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise


class Period(Enum):
    """A natural day or month in Asia/Shanghai (自然日, 自然月), where WeCom's calendar runs."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls` in any `seconds` seconds."""

    seconds: float
    calls: int


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `calls` in each natural day or month; begins anew when the next one begins."""

    period: Period
    calls: int


Bound = Window | Quota


@dataclass(frozen=True, slots=True)
class Limit:
    """A named limit, counted for each subject (an API, a person) on its own.

    `windows` and `quotas` bound how much, `parallel` the calls running at once (0: not bounded),
    `fewer` those of single subjects more tightly; `source` says who set the figures. `label` is
    the limit's name on the console, `each` what its subjects are; `page` is where the figures can
    be read.
    """

    name: str
    windows: tuple[Window, ...] = ()
    parallel: int = 0
    source: str | Promise = ""
    quotas: tuple[Quota, ...] = ()
    label: str | Promise = ""
    each: str | Promise = ""
    page: str = ""
    fewer: tuple[tuple[str, int], ...] = ()

    def places(self, subject: str) -> int:
        """How many calls of `subject` may run at once; 0: not bounded."""
        return dict(self.fewer).get(subject, self.parallel)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        return (*self.windows, *self.quotas)


_limits: dict[str, Limit] = {}


def register(limit: Limit) -> Limit:
    """Add a limit; raises ValueError when its name is taken or no source is given."""
    if limit.name in _limits:
        raise ValueError(f"limit {limit.name!r} is registered twice")
    # A lazy translation cannot be looked at before all apps are ready.
    if isinstance(limit.source, str) and not limit.source:
        raise ValueError(f"limit {limit.name!r}: say where the figures come from")
    _limits[limit.name] = limit
    return limit


def get(name: str) -> Limit:
    """The limit called `name`; KeyError when nobody registered it."""
    return _limits[name]


def registered() -> tuple[Limit, ...]:
    """Every limit, by name."""
    return tuple(_limits[name] for name in sorted(_limits))
