"""The corp behind one function, for tests without a port and for the server with one."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from scrm.simulator import endpoints, gates
from scrm.simulator.ask import Ask, Files
from scrm.simulator.calls import Call
from scrm.simulator.corp import Corp
from scrm.simulator.drawing import code_picture
from scrm.simulator.endpoints import tokens
from scrm.simulator.endpoints.registry import Download
from scrm.simulator.errors import OK, ApiError
from scrm.simulator.faults import Fault

Response = tuple[int, dict[str, str], bytes]
API = "/cgi-bin/"
# WeCom wants UTF-8 as it is; a backslash that is escaped itself does not begin an escape.
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9A-Fa-f]{4}")
_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_GARBAGE: Response = (200, {"Content-Type": "text/html"}, b"<html><body>busy</body></html>")


@dataclass(frozen=True, slots=True)
class _Raw:
    """A call as HTTP carries it."""

    method: str
    query: Mapping[str, str]
    body: bytes
    files: Files
    byte_range: str


class ConnectionReset(Exception):
    """A fault cut the connection: the server must reset it without an answer."""


# Where the pictures stand whose addresses the API gives on WeCom's own hosts.
_PICTURES = "/pictures/"


class Adapter:
    """Answers requests for one corp; safe to call from many threads at once."""

    def __init__(self, corp: Corp) -> None:
        self.corp = corp

    def handle(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes = b"",
        files: Files | None = None,
        byte_range: str = "",
    ) -> Response:
        """Answer one API call: HTTP status, headers, body. `byte_range` is the header Range.

        Raises ConnectionReset where a fault drops the connection.
        """
        if path.startswith(_PICTURES):
            return 200, {"Content-Type": "image/png"}, code_picture(path)
        api = path.removeprefix(API)
        if not path.startswith(API) or api not in endpoints.ENDPOINTS:
            return 404, {"Content-Type": "text/html"}, b"<html><body>404 Not Found</body></html>"
        started = time.monotonic()
        self.corp.limits.knock(api, self.corp.clock.steady())
        fault = self.corp.faults.take(api)
        errcode: int | None = None
        try:
            ask = _Raw(method, query, body, files or {}, byte_range)
            response, errcode = self._answer(fault, api, ask)
            return response
        finally:
            self.corp.calls.note(
                Call(
                    api,
                    self.corp.clock.timestamp(),
                    errcode,
                    time.monotonic() - started,
                    fault.kind if fault else "",
                )
            )

    def _answer(self, fault: Fault | None, api: str, raw: _Raw) -> tuple[Response, int | None]:
        early = _before(fault, self.corp.clock.timestamp())
        if early is not None:
            return early
        try:
            answer: dict[str, Any] | Download = self._limited(api, raw)
        except ApiError as error:
            answer = error.body(second=self.corp.clock.timestamp())
        late = _after(fault)
        if late is not None:
            return late, None
        if isinstance(answer, Download):
            return _file(answer), OK
        full = answer if "errcode" in answer else {"errcode": 0, "errmsg": "ok", **answer}
        return (200, dict(_JSON), orjson.dumps(full)), int(full["errcode"])

    def _limited(self, api: str, raw: _Raw) -> dict[str, Any] | Download:
        corp = self.corp
        corp.limits.enter(api, corp.settings, corp.clock.steady(), debug="debug" in raw.query)
        try:
            endpoint = endpoints.ENDPOINTS[api]
            ask = _ask(endpoint, raw)
            with corp.limits.alone(str(ask.data.get(endpoint.alone, ""))):
                if corp.settings.latency_seconds:
                    time.sleep(corp.settings.latency_seconds)
                with corp.lock:
                    if not endpoint.open:
                        tokens.check(corp, raw.query.get("access_token", ""), api)
                        gates.check(corp, api)
                    if raw.method != endpoint.method:
                        raise ApiError(40063)
                    corp.catch_up()
                    return endpoint.function(corp, ask)
        finally:
            corp.limits.leave(api)


def _ask(endpoint: endpoints.Endpoint, raw: _Raw) -> Ask:
    if raw.method == "GET" or endpoint.upload:
        return Ask(raw.query, raw.query, raw.files, raw.byte_range)
    try:
        data = orjson.loads(raw.body or b"{}")
    except orjson.JSONDecodeError:
        raise ApiError(40058, "Warning: wrong json format.") from None
    if not isinstance(data, dict):
        raise ApiError(40063)
    if _ESCAPED.search(raw.body):
        raise ApiError(40033)
    return Ask(data, raw.query)


def _before(fault: Fault | None, second: int) -> tuple[Response, int | None] | None:
    """What a fault does instead of the call; None lets the call happen."""
    match fault:
        case Fault(kind="errcode", value=code):
            answer = ApiError(int(code)).body(second=second)
            return (200, dict(_JSON), orjson.dumps(answer)), int(code)
        case Fault(kind="http", value=status):
            return _http(status), None
        case Fault(kind="garbage"):
            return _GARBAGE, None
        case Fault(kind="drop_before"):
            raise ConnectionReset
        case Fault(kind="slow", value=seconds):
            time.sleep(seconds)
    return None


def _after(fault: Fault | None) -> Response | None:
    """What a fault does to the answer of a call that happened."""
    match fault:
        case Fault(kind="http_after", value=status):
            return _http(status)
        case Fault(kind="garbage_after"):
            return _GARBAGE
        case Fault(kind="drop_after"):
            raise ConnectionReset
        case Fault(kind="slow_after", value=seconds):
            time.sleep(seconds)
    return None


def _file(download: Download) -> Response:
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{download.filename}"',
        "Accept-Ranges": "bytes",
    }
    if download.first is None:
        return 200, headers, download.content
    last = download.first + len(download.content) - 1
    headers["Content-Range"] = f"bytes {download.first}-{last}/{download.size}"
    return 206, headers, download.content


def _http(status: float) -> Response:
    return int(status), {"Content-Type": "text/html"}, b"<html><body>error</body></html>"
