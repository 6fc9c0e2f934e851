"""The walk as a list of named steps. Apps register theirs in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from scrm.wecom.models import SyncRun

Counts = Mapping[str, int]


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


@dataclass(frozen=True)
class Step:
    """One step. `read` talks to WeCom outside any transaction; a small `order` walks first."""

    name: str
    label: str | Promise
    order: int
    read: Callable[[Question], Page]


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
