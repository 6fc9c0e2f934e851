"""HTTP to WeCom: one call in, an answer or a named error out.

Built on wechatpy's enterprise client for what it does well: addresses, sessions, parameters, raw
UTF-8 JSON bodies, errcode exceptions. Not used of it, and why: its token handling (no lock, no
time-out, two secrets with the same beginning share a token), its retry (repeats without end on a
lasting 40014) and its reading of answers (gives back what it cannot read as if it were a result).
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError
from urllib3.util.timeout import Timeout
from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import WeChatClientException

from scrm.ratelimit import gate, limits
from scrm.ratelimit.bucket import Charge
from scrm.ratelimit.gate import Pauses
from scrm.ratelimit.slots import NoSlot, slot
from scrm.ratelimit.store import RedisError, client
from scrm.wecom import token
from scrm.wecom.admission import Admission, Admitted
from scrm.wecom.codes import SYSTEM_BUSY, error_for
from scrm.wecom.connection import WatchedAdapter, call_within
from scrm.wecom.errors import (
    BadRequest,
    Busy,
    NotConnected,
    OutcomeUnknown,
    TokenInvalid,
    WeComError,
)
from scrm.wecom.maxima import ONE_AT_A_TIME
from scrm.wecom.quotas import LIMIT_NAME
from scrm.wecom.tickets import TicketStore

log = logging.getLogger(__name__)

Reply = dict[str, Any]

_POOL_SIZE = 16
_WORDS_KEPT = 300  # errmsg carries a hint id for WeCom's support; longer ones are somebody's page
_FILENAME, _CONTENT, _SIZE = "filename", "content", "size"  # of an answer that is a file
_PART_BYTES = 16 * 1024 * 1024  # WeCom gives files above 20 MB in parts only
_WECOM_HOST = "qyapi.weixin.qq.com"
_PICTURE = "picture"  # in errors, where calls have their path
_PICTURE_HOSTS = (".qpic.cn", ".qlogo.cn", ".weixin.qq.com")
_PICTURE_BYTES = 2 * 1024 * 1024
_PICTURE_BEGINS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Everything a broken connection or a strange body ends in.
_UNREADABLE = (
    requests.RequestException,
    HTTPError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: to connect, for each wait on an answer, for a whole exchange, for the limits.

    An exchange that has not begun `start` seconds after it was asked for does not begin at all,
    so a caller hears after `start` + `total` at the latest whether anything can have happened;
    of a change that must be alone `limits` later, because it waits for its turn first.
    """

    connect: float = 3.0
    read: float = 10.0
    total: float = 15.0
    limits: float = 5.0
    start: float = 10.0


class _Client(WeChatClient):  # type: ignore[misc]
    """wechatpy's client, except that an answer that is not WeCom's JSON is an error."""

    def __init__(self, corp_id: str, secret: str, base_url: str) -> None:
        super().__init__(corp_id, secret, auto_retry=False)
        self.API_BASE_URL = base_url
        self._http.mount("http://", WatchedAdapter(pool_maxsize=_POOL_SIZE))
        self._http.mount("https://", WatchedAdapter(pool_maxsize=_POOL_SIZE))
        # A proxy of the environment may reach WeCom, never this machine.
        self._http.trust_env = urlsplit(base_url).hostname not in _LOOPBACK
        self.clock_skew: float | None = None

    def fetch_access_token(self) -> None:
        raise NotImplementedError("tokens come from the TokenStore")

    def _decode_result(self, res: requests.Response) -> Reply:
        with suppress(KeyError, ValueError, TypeError):
            told = parsedate_to_datetime(res.headers["Date"])
            self.clock_skew = time.time() - told.timestamp()
        disposition = Message()
        disposition["Content-Disposition"] = res.headers.get("Content-Disposition", "")
        is_file = disposition.get_content_disposition() == "attachment"
        if res.status_code in (requests.codes.ok, requests.codes.partial_content) and is_file:
            size = res.headers.get("Content-Range", "").rpartition("/")[2]
            return {
                "errcode": 0,
                _FILENAME: disposition.get_filename() or "",
                _CONTENT: res.content,
                _SIZE: int(size or len(res.content)),
            }
        reply = json.loads(res.content)
        if res.status_code != requests.codes.ok or not isinstance(reply, dict):
            raise ValueError("not an answer of WeCom")
        reply["errcode"] = int(reply["errcode"])
        return reply


class Transport:
    """Calls to one app of one corp. Safe in threads; make it anew after a fork."""

    def __init__(
        self,
        *,
        corp_id: str,
        secret: str,
        base_url: str,
        limit: limits.Limit,
        patience: Patience | None = None,
        pauses: Pauses | None = None,
        agent_id: int = 0,
    ) -> None:
        self.agent_id = agent_id
        self._client = _Client(corp_id, secret, base_url)
        self._credentials = {"corpid": corp_id, "corpsecret": secret}
        self._patience = patience or Patience()
        self._admission = Admission(
            limit,
            patience=self._patience.limits,
            lease=self._lease,
            pauses=pauses or Pauses(),
        )
        self._tokens = token.TokenStore(
            client(), corp_id=corp_id, secret=secret, fetch=self._fetch_token
        )
        self._tickets = TicketStore(client(), app=self._tokens.app)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Reply:
        """Ask by GET. Raises WeComError; OutcomeUnknown is then always retryable."""
        return self._call("get", path, dict(params or {}), {}, asks=True)

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Ask by POST: changes nothing at WeCom. Raises like `get`."""
        return self._call("post", path, {}, {"data": dict(body)}, asks=True)

    def change(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        alone: str = "",
        charges: Sequence[Charge] = (),
    ) -> Reply:
        """Change something by POST. Raises Refused when nothing happened, OutcomeUnknown when
        that cannot be told; nothing here ever repeats such a call after it may have happened.

        `alone` names what must not be changed by two calls at once (45033), in all processes;
        raises Busy when somebody else is at it for longer than our patience. `charges` is what
        it costs of limits that the body does not tell.
        """
        content = {"data": dict(body)}
        if not alone:
            return self._call("post", path, {}, content, asks=False, charges=charges)
        try:
            with slot(ONE_AT_A_TIME, alone, patience=self._patience.limits, lease=self._lease):
                return self._call("post", path, {}, content, asks=False, charges=charges)
        except NoSlot:
            raise Busy(0, "somebody else changes the same thing", path) from None
        except RedisError as error:
            raise NotConnected(0, f"Redis: {type(error).__name__}", path) from None

    def upload(self, path: str, params: Mapping[str, Any], *, name: str, content: bytes) -> Reply:
        """Send a file as the form field `media`. Raises like `get`: a second copy harms nobody."""
        form = {"files": {"media": (name, content)}}
        return self._call("post", path, dict(params), form, asks=True)

    def download(self, path: str, params: Mapping[str, Any]) -> tuple[str, bytes]:
        """Fetch a file by GET, part by part: its name and its content. Raises like `get`."""
        content, size = bytearray(), 1
        while len(content) < size:
            wanted = {"Range": f"bytes={len(content)}-{len(content) + _PART_BYTES - 1}"}
            reply = self._call("get", path, dict(params), {"headers": wanted}, asks=True)
            if not reply.get(_CONTENT):
                raise OutcomeUnknown(0, "not a file", path)
            content += reply[_CONTENT]
            size = reply[_SIZE]
        return str(reply[_FILENAME]), bytes(content)

    def picture(self, address: str) -> bytes:
        """Fetch a picture by its address, without a token. Raises BadRequest for an address that
        is not WeCom's, OutcomeUnknown or NotConnected when there is no picture to be had.

        A stand-in for WeCom serves them itself, under `/pictures/` and the path.
        """
        wanted = urlsplit(address)
        own = urlsplit(self._client.API_BASE_URL)
        host = wanted.hostname or ""
        if wanted.scheme != "https" or not host.endswith(_PICTURE_HOSTS):
            raise BadRequest(0, "not an address of WeCom's pictures", _PICTURE)
        if own.hostname != _WECOM_HOST:
            address = f"{own.scheme}://{own.netloc}/pictures{wanted.path}"
        with call_within(self._patience.total) as call:
            try:
                content = self._read_picture(address)
            except _UNREADABLE as error:
                lost = NotConnected if not call.is_connected else OutcomeUnknown
                raise lost(0, type(error).__name__, _PICTURE) from None
        if not content.startswith(_PICTURE_BEGINS):
            raise OutcomeUnknown(0, "not a picture", _PICTURE)
        return content

    def _read_picture(self, address: str) -> bytes:
        timeout = Timeout(
            connect=self._patience.connect, read=self._patience.read, total=self._patience.total
        )
        session = self._client._http
        with session.get(address, timeout=timeout, allow_redirects=False, stream=True) as answer:
            content: bytes = answer.raw.read(_PICTURE_BYTES + 1, decode_content=True)
            if answer.status_code != requests.codes.ok or len(content) > _PICTURE_BYTES:
                raise ValueError("no picture of a size that makes sense")
        return content

    def ticket(self, kind: str, path: str, params: Mapping[str, Any]) -> str:
        """The ticket of this kind that all processes use, asked for when there is none.

        Raises like `get`.
        """
        try:
            return self._tickets.get(kind, lambda: self.get(path, params))
        except RedisError as error:
            raise NotConnected(0, f"Redis: {type(error).__name__}", path) from None
        except (KeyError, TypeError, ValueError):
            raise OutcomeUnknown(0, "no ticket in the answer", path) from None

    def renew_token(self) -> None:
        """Ask WeCom for a new token, whatever is known of earlier failures. Raises Refused."""
        try:
            self._tokens.forget()
            self._tokens.get()
        except RedisError as error:
            raise NotConnected(0, f"Redis: {type(error).__name__}", token.PATH) from None

    @property
    def clock_skew(self) -> float | None:
        """Seconds this machine's clock was ahead of WeCom's at the last answer; None: unknown."""
        return self._client.clock_skew

    def _call(
        self,
        method: str,
        path: str,
        params: dict[str, Any],
        content: dict[str, Any],
        *,
        asks: bool,
        charges: Sequence[Charge] = (),
    ) -> Reply:
        start_by = time.monotonic() + self._patience.start
        try:
            with self._admission.admit(path, content.get("data", params), charges) as admitted:
                return self._with_token(admitted, method, params, content, start_by)
        except OutcomeUnknown as error:
            error.retryable = asks
            raise
        except RedisError as error:
            # Everything asked of Redis comes before the call, so nothing has happened.
            raise NotConnected(0, f"Redis: {type(error).__name__}", path) from None

    def _with_token(
        self,
        admitted: Admitted,
        method: str,
        params: dict[str, Any],
        content: dict[str, Any],
        start_by: float,
    ) -> Reply:
        """Call with the token in use; when it is refused, once more with a new one."""
        path = admitted.path

        def send(access_token: str) -> Reply | WeComError:
            if time.monotonic() > start_by:
                return NotConnected(0, "the token took too long", path)
            admitted.begin()
            return self._send(method, path, {**params, "access_token": access_token}, content)

        first = self._tokens.get()
        reply = send(first)
        if isinstance(reply, TokenInvalid) and not self._tokens.is_worthless(first):
            second = self._tokens.renew(first)
            with self._tokens.trial(second, path) as tried:
                reply = send(second)
                if not isinstance(reply, OutcomeUnknown | NotConnected):
                    tried.is_good = not isinstance(reply, TokenInvalid)
        if isinstance(reply, WeComError):
            log.info("%s answered %s %s", path, reply.code, reply.message)
            raise reply
        return reply

    @property
    def _lease(self) -> float:
        """Longer than anything can be sent under a slot, the wait for a second one included."""
        return self._patience.limits + self._patience.start + 2 * self._patience.total

    def _fetch_token(self) -> Reply:
        with self._admission.admit(token.PATH, {}) as admitted:
            admitted.begin()
            reply = self._send("get", token.PATH, dict(self._credentials), {})
            if isinstance(reply, WeComError):
                log.warning("no access token: %s %s", reply.code, reply.message)
                raise reply
        return reply

    def _send(
        self, method: str, path: str, params: dict[str, Any], content: dict[str, Any]
    ) -> Reply | WeComError:
        """One HTTP exchange. Errors are given back, not raised, so that no traceback holds the
        library's own, whose texts carry the token.
        """
        with call_within(self._patience.total) as call:
            try:
                reply = self._request(method, path, params, content)
            except WeChatClientException as error:
                reply = _refusal(error, path, secrets=params)
            except _UNREADABLE as error:
                reply = _unreadable(type(error).__name__, path)
        if isinstance(reply, OutcomeUnknown) and not call.is_connected:
            return NotConnected(0, reply.message, path)
        if call.is_aborted and isinstance(reply, WeComError):
            return OutcomeUnknown(0, f"no whole answer in {self._patience.total:g} s", path)
        return reply

    def _request(
        self, method: str, path: str, params: dict[str, Any], content: dict[str, Any]
    ) -> Reply | WeComError:
        timeout = Timeout(
            connect=self._patience.connect, read=self._patience.read, total=self._patience.total
        )
        send = self._client.post if method == "post" else self._client.get
        reply: Reply = send(
            path,
            params=list(params.items()),  # to a dict wechatpy would add a token of its own
            timeout=timeout,
            allow_redirects=False,
            **content,
        )
        if "warning" in str(reply.get("errmsg", "")).lower():
            # errcode 0 with "wrong json format": WeCom read our body incompletely.
            log.error("%s took a damaged body: %s", path, reply["errmsg"])
        return reply


def hold_times() -> dict[str, int]:
    """Seconds for which each API (path) is not called, because WeCom said 45009 or kept failing."""
    held = gate.closed(limits.get(LIMIT_NAME))
    return {one.subject: math.ceil(one.seconds) for one in held}


def _refusal(error: Any, path: str, *, secrets: Mapping[str, Any]) -> WeComError:
    """wechatpy's exception as ours: without an errcode it was an HTTP status."""
    if error.errcode is None:
        status = getattr(error.response, "status_code", "")
        return _unreadable(f"HTTP {status}", path)
    message = str(error.errmsg)[:_WORDS_KEPT]
    for secret in secrets.values():
        if len(str(secret)) > 8:
            message = message.replace(str(secret), "…")
    if error.errcode == SYSTEM_BUSY:
        return OutcomeUnknown(SYSTEM_BUSY, message, path)
    return error_for(error.errcode, message, path)


def _unreadable(what: str, path: str) -> OutcomeUnknown:
    return OutcomeUnknown(0, what, path)
