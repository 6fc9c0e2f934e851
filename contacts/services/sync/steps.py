"""The walk as a list of named steps. Apps register theirs in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from scrm.wecom.models import SyncRun

Counts = Mapping[str, int]

# How many relations one transaction takes over: larger ones hardly write faster (measured), and a
# page is what a kill repeats and what a cancellation waits for.
PAGE_SIZE = 4_000


@dataclass(frozen=True)
class Question:
    """What a step is asked: the next page behind `cursor` ({} at its beginning).

    `notes` are lists that steps of this run left for later ones, by name.
    """

    run: SyncRun
    cursor: dict[str, Any]
    notes: dict[str, list[Any]]
    now: datetime

    @property
    def is_full(self) -> bool:
        return self.run.kind == SyncRun.Kind.FULL

    @property
    def gaps_of(self) -> SyncRun | None:
        """The run, when differences are gaps: never in the first, which finds everything new."""
        return self.run if self.notes.get("has_predecessor") else None

    @property
    def page_size(self) -> int:
        """About how many things one page should bring."""
        return int((self.notes.get("page_size") or [PAGE_SIZE])[0])


def nothing(_now: datetime) -> Counts:
    """The `write` of a page that found nothing to write."""
    return {}


@dataclass(frozen=True)
class Page:
    """An answer. `write(now)` runs in the transaction that moves the cursor, and counts.

    `cursor` is where to go on, None at the end of the step. `done` of `total` things (0: unknown)
    are reached with it. `errors` are sentences; `notes` are added to the run's.
    """

    cursor: dict[str, Any] | None
    write: Callable[[datetime], Counts] = nothing
    done: int = 0
    total: int = 0
    errors: tuple[str, ...] = ()
    notes: dict[str, list[Any]] = field(default_factory=dict)


Read = Callable[[Question], Page]


@dataclass(frozen=True)
class Step:
    """One step; a small `order` walks first.

    `opens` gives what answers its questions, closed when the walk leaves the step. It talks to
    WeCom outside any transaction, and may read ahead as long as it answers a question whose cursor
    it did not expect, too.
    """

    name: str
    label: str | Promise
    order: int
    opens: Callable[[], AbstractContextManager[Read]]


def plain(read: Read) -> Callable[[], AbstractContextManager[Read]]:
    """For `Step.opens`: a function that needs no closing."""
    return lambda: nullcontext(read)


_steps: dict[str, Step] = {}


def register_step(step: Step) -> None:
    """Add a step; raises ValueError when its name is taken."""
    if step.name in _steps:
        raise ValueError(f"sync step {step.name!r} is registered twice")
    _steps[step.name] = step


def steps() -> list[Step]:
    """All steps in the order they are walked."""
    return sorted(_steps.values(), key=lambda step: step.order)


def step_named(name: str) -> Step:
    """The step a run stands at; the first one for a run that has not begun."""
    return _steps[name] if name else steps()[0]


def step_after(step: Step) -> Step | None:
    """The step that follows, None behind the last."""
    ordered = steps()
    following = ordered.index(step) + 1
    return ordered[following] if following < len(ordered) else None
