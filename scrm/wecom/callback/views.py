"""The address WeCom calls (接收消息服务器). Verify, store, answer; everything else comes later.

WeCom waits 5 seconds and repeats three times, so `success` is said only after the INSERT, and a
database that is away gets 503. The order of the checks keeps strangers cheap: size, parameters,
envelope, signature.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from scrm.ratelimit.store import RedisError, client
from scrm.wecom.callback import inbox
from scrm.wecom.callback.crypto import Cipher, Forged
from scrm.wecom.callback.envelope import CallbackMessage, Malformed, read_message, sealed_part

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
WELCOME_LIST = "wecom:welcome"
SKEW_COUNT = "wecom:callback:skew"

_LONGEST = {"msg_signature": 64, "timestamp": 16, "nonce": 128, "echostr": 1024}
_SKEW_SECONDS = 600
_WELCOME_SECONDS = 60  # a code lives 20; older ones only fill the list of a worker that is away


class _TooLarge(Exception):
    pass


@csrf_exempt
@require_http_methods(["GET", "POST"])
def callback(request: HttpRequest) -> HttpResponse:
    """GET echoes the decrypted `echostr`, POST stores one event. Forged 403, malformed 400,
    over 64 KiB 413; nothing is written then.
    """
    answer = _verify if request.method == "GET" else _receive
    try:
        return answer(request)
    except _TooLarge:
        return HttpResponse("too large", status=413, content_type="text/plain")
    except Malformed as error:
        log.info("malformed callback: %s", error)
        return HttpResponse("malformed", status=400, content_type="text/plain")
    except Forged as error:
        log.warning("forged callback: %s", error)
        return HttpResponse("forged", status=403, content_type="text/plain")


def _verify(request: HttpRequest) -> HttpResponse:
    query = _query(request, "msg_signature", "timestamp", "nonce", "echostr")
    signature, stamp, nonce, echostr = query
    text = _cipher().verify_echo(echostr, signature=signature, nonce=nonce, timestamp=stamp)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _receive(request: HttpRequest) -> HttpResponse:
    body = _body(request)
    signature, stamp, nonce = _query(request, "msg_signature", "timestamp", "nonce")
    sealed = sealed_part(body)
    opened = _cipher().decrypt(sealed, signature=signature, nonce=nonce, timestamp=stamp)
    message = read_message(opened)
    try:
        is_new = inbox.store(message, opened, now=timezone.now())
    except (DatabaseError, InterfaceError) as error:
        log.error("callback not stored, WeCom will repeat it: %s", type(error).__name__)
        return HttpResponse("not stored", status=503, content_type="text/plain")
    if is_new:
        _notice(message, int(stamp))
    return HttpResponse("success", content_type="text/plain")


def _body(request: HttpRequest) -> bytes:
    # By the announced length first, so that a giant is not even read.
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    if not (announced.isascii() and announced.isdigit()):
        raise Malformed("Content-Length")
    if int(announced) > MOST_BYTES:
        raise _TooLarge
    try:
        body = request.read(MOST_BYTES + 1)
    except UnreadablePostError:
        raise Malformed("the sender went away") from None
    if len(body) > MOST_BYTES:
        raise _TooLarge
    return body


def _query(request: HttpRequest, *names: str) -> list[str]:
    values = [request.GET.get(name, "") for name in names]
    for name, value in zip(names, values, strict=True):
        if not value or len(value) > _LONGEST[name]:
            raise Malformed(name)
        if name == "timestamp" and not (value.isascii() and value.isdigit()):
            raise Malformed(name)
    return values


def _cipher() -> Cipher:
    return _cipher_of(
        settings.WECOM_CALLBACK_TOKEN, settings.WECOM_ENCODING_AES_KEY, settings.WECOM_CORP_ID
    )


_cipher_of = lru_cache(maxsize=4)(Cipher)


def _notice(message: CallbackMessage, stamp: int) -> None:
    """What cannot wait for the inbox. Redis may be away: the event itself is safe."""
    with suppress(RedisError):
        if message.fields.get("WelcomeCode"):
            _hand_over_welcome(message)
        if abs(time.time() - stamp) > _SKEW_SECONDS:
            _count_skew(stamp)


def _hand_over_welcome(message: CallbackMessage) -> None:
    """Push to the worker of welcomes: JSON with the fields of the event, and when it came."""
    letter = json.dumps({**message.fields, "received_at": time.time()}, ensure_ascii=False)
    pipe = client().pipeline(transaction=False)
    pipe.lpush(WELCOME_LIST, letter)
    pipe.expire(WELCOME_LIST, _WELCOME_SECONDS)
    pipe.execute()


def _count_skew(stamp: int) -> None:
    """A wrong clock must not lose events, so it is counted and told, not refused."""
    client().incr(SKEW_COUNT)
    if client().set(f"{SKEW_COUNT}:told", 1, ex=60, nx=True):
        log.warning(
            "callback signed %.0f s away from this server's clock: a wrong clock, or a replay",
            time.time() - stamp,
        )
