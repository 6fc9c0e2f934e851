"""The table of APIs: path → method and function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is a file instead of JSON, or a part of it from byte `first` of `size`."""

    filename: str
    content: bytes
    first: int | None = None
    size: int = 0


Function = Callable[[Corp, Ask], Answer | Download]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One API. `upload`: takes a multipart form instead of JSON; `open`: needs no token;
    `alone`: the field naming what no two calls may change at once.
    """

    path: str
    method: str
    function: Function
    upload: bool = False
    open: bool = False
    alone: str = ""


ENDPOINTS: dict[str, Endpoint] = {}


def get(path: str, *, open: bool = False) -> Callable[[Function], Function]:  # noqa: A002
    """Register a GET API under `/cgi-bin/<path>`."""
    return _register(path, "GET", open=open)


def post(path: str, *, upload: bool = False, alone: str = "") -> Callable[[Function], Function]:
    """Register a POST API under `/cgi-bin/<path>`."""
    return _register(path, "POST", upload=upload, alone=alone)


def _register(
    path: str,
    method: str,
    *,
    upload: bool = False,
    open: bool = False,  # noqa: A002
    alone: str = "",
) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        if path in ENDPOINTS:
            raise ValueError(f"{path} is registered twice")
        ENDPOINTS[path] = Endpoint(path, method, function, upload, open, alone)
        return function

    return register
