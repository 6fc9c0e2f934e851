"""One POST to an address of somebody else: no redirects, no proxies, over in time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from scrm.errors import ScrmError
from scrm.outgoing.addresses import Address, resolve
from scrm.wecom.connection import WatchedAdapter, call_within

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 8.0
_KEPT = 500
_PART = 2_048


class Undelivered(ScrmError):
    """Nothing readable was answered: no connection, no trust, too slow."""

    code = "undelivered"


@dataclass(frozen=True)
class Answer:
    """What was answered: the status, the beginning of the body, and how long it took."""

    status: int
    text: str
    seconds: float

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300


class _Pinned(WatchedAdapter):
    """Connects to the address that was checked, and asks for the certificate of its name."""

    def __init__(self, address: Address) -> None:
        self._address = address
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._address.scheme == "https":
            kwargs["server_hostname"] = kwargs["assert_hostname"] = self._address.host
        super().init_poolmanager(*args, **kwargs)


def post(
    url: str, *, body: bytes, headers: Mapping[str, str], seconds: float = TOTAL_SECONDS
) -> Answer:
    """Send `body` and give the answer, whatever its status; a redirect is an answer, too.

    Raises AddressRefused (see `addresses`) and Undelivered, at the latest `seconds` after the
    name is resolved.
    """
    address = resolve(url)
    ip = f"[{address.ip}]" if ":" in address.ip else address.ip
    began = time.monotonic()
    with requests.Session() as session, call_within(seconds) as call:
        session.trust_env = False
        session.mount(f"{address.scheme}://", _Pinned(address))
        try:
            with session.post(
                f"{address.scheme}://{ip}:{address.port}{address.target}",
                data=body,
                headers={**headers, "Host": address.netloc},
                timeout=(CONNECT_SECONDS, seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                part = response.raw.read(_PART, decode_content=False) or b""
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise Undelivered(_words(error)) from error
    if call.is_aborted:
        # Headers that break off read like headers that are over.
        raise Undelivered(f"TimeoutError: no whole answer within {seconds:g} s")
    text = part.decode("utf-8", "replace").replace("\0", "")[:_KEPT]
    return Answer(response.status_code, text, time.monotonic() - began)


def _words(error: BaseException) -> str:
    """The first of the errors that led to one another says most."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return f"{type(error).__name__}: {error}".replace("\0", "")[:_KEPT]
