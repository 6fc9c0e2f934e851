"""Ask WeCom several things at once, within the calls it lets run in parallel (并发限制)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from scrm import wecom

Asked = TypeVar("Asked")
Told = TypeVar("Told")


def ask_each(
    ask: Callable[[Asked], Told], things: Sequence[Asked], *, at_once: int
) -> list[Told | wecom.Refused]:
    """The answer to each, in the order of `things`; a refusal of one thing stands in its place.

    `ask` runs in threads, so it may neither read the database nor speak the operator's language.
    Raises the errors that would meet every other thing, too, once all calls have ended.
    """

    def answer(thing: Asked) -> Told | wecom.Refused:
        try:
            return ask(thing)
        except wecom.Refused as error:
            raise_if_general(error)
            return error

    if len(things) < 2:
        return [answer(thing) for thing in things]
    with ThreadPoolExecutor(min(at_once, len(things)), thread_name_prefix="sync") as pool:
        return list(pool.map(answer, things))


def raise_if_general(error: wecom.Refused) -> None:
    """A refusal that has nothing to do with what was asked for ends the page."""
    if error.retryable or isinstance(error, wecom.Misconfigured):
        raise error
