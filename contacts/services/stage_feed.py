"""Tell others of stage changes (阶段变化), each at least once and none forgotten; see `feeds`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from contacts.models import LifecycleTransition
from contacts.services.feeds import read_rows, start_reading

__all__ = ["read_changes", "start_reading"]

_SLICE = 1_000


def read_changes(
    *,
    name: str,
    handle: Callable[[Sequence[LifecycleTransition]], None],
    now: datetime,
    limit: int = _SLICE,
) -> int:
    """Give the next changes to `handle` and remember the place; see `feeds.read_rows`."""
    return read_rows(name=name, log=LifecycleTransition, handle=handle, now=now, limit=limit)
