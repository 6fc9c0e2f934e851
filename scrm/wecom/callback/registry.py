"""Who handles which callback event. Apps register in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from scrm.wecom.callback.envelope import CallbackMessage


class NotYet(Exception):
    """A handler that must not ask WeCom before `until`: its event is handled again then.

    No failure, and counted as none. The subject's younger events wait with it.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class Handler(Protocol):
    """Called inside a transaction that also marks the event as handled.

    Must be idempotent and tolerate any order of events. Raising keeps the event for later.
    """

    def __call__(self, event: CallbackMessage, /, *, now: datetime) -> None: ...


_handlers: dict[tuple[str, str], Handler] = {}


def handler(event: str, change_type: str = "") -> Callable[[Handler], Handler]:
    """Register a function for `Event`/`ChangeType`, as a decorator or by a plain call.

    Raises ValueError when the pair already has another handler.
    """

    def register(function: Handler) -> Handler:
        known = _handlers.setdefault((event, change_type), function)
        if known is not function:
            raise ValueError(f"{event}/{change_type} already has a handler")
        return function

    return register


def find(event: str, change_type: str) -> Handler | None:
    """The handler of the pair, or None: the event is then kept and ignored."""
    return _handlers.get((event, change_type))


def registered() -> tuple[tuple[str, str], ...]:
    """Every handled (event, change type), sorted."""
    return tuple(sorted(_handlers))
