"""The address WeCom calls (接收消息服务器). Verify, store, answer; everything else comes later.

WeCom waits 5 seconds and repeats three times, so `success` is said only after the INSERT, and a
database that is away gets 503. The order of the checks keeps strangers cheap: size, parameters,
envelope, signature.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from scrm.audit.services import record_act
from scrm.ratelimit.store import RedisError, client
from scrm.wecom.callback import inbox, letters
from scrm.wecom.callback.counts import Count, count
from scrm.wecom.callback.crypto import Cipher, Forged
from scrm.wecom.callback.envelope import CallbackMessage, Malformed, read_message, sealed_part
from scrm.wecom.models import CallbackEvent

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024

_TOLD_KEY = "wecom:callback:told"
_LONGEST = {"msg_signature": 64, "timestamp": 16, "nonce": 128, "echostr": 1024}
_SKEW_SECONDS = 600
# WeCom repeats what was not answered within 5 seconds, three times in all.
_WECOMS_OWN_REPEAT = timedelta(minutes=1)
_REPLAY_TOLD_AGAIN = timedelta(hours=1)


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
        return _refuse(Count.TOO_LARGE, "too large", 413)
    except Malformed as error:
        log.info("malformed callback: %s", error)
        return _refuse(Count.MALFORMED, "malformed", 400)
    except Forged as error:
        log.warning("forged callback: %s", error)
        return _refuse(Count.FORGED, "forged", 403)


def _refuse(what: Count, words: str, status: int) -> HttpResponse:
    count(what, now=timezone.now())
    answer = HttpResponse(words, status=status, content_type="text/plain")
    # Said above in our own words; floods of forgeries are no news twice.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


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
    now = timezone.now()
    try:
        is_new = inbox.store(message, opened, now=now)
    except (DatabaseError, InterfaceError) as error:
        log.error("callback not stored, WeCom will repeat it: %s", type(error).__name__)
        return HttpResponse("not stored", status=503, content_type="text/plain")
    if is_new:
        _notice(message, int(stamp), now=now)
    else:
        _notice_repeat(opened, now=now)
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


def _notice(message: CallbackMessage, stamp: int, *, now: datetime) -> None:
    """What cannot wait for the inbox. Redis may be away: the event itself is safe."""
    with suppress(RedisError):
        if message.fields.get("WelcomeCode"):
            letters.push(message)
        if abs(now.timestamp() - stamp) > _SKEW_SECONDS:
            _count_skew(stamp, now=now)


def _count_skew(stamp: int, *, now: datetime) -> None:
    """A wrong clock must not lose events, so it is counted and told, not refused."""
    count(Count.SKEWED, now=now)
    if client().set(f"{_TOLD_KEY}:skew", 1, ex=60, nx=True):
        log.warning(
            "callback signed %.0f s away from this server's clock: a wrong clock, or a replay",
            now.timestamp() - stamp,
        )


def _notice_repeat(opened: str, *, now: datetime) -> None:
    """A copy changes nothing. One that comes long after its first is told: nobody but WeCom
    should have it, and WeCom has stopped repeating it.
    """
    with suppress(RedisError, DatabaseError, InterfaceError):
        first = CallbackEvent.objects.only("received_at").get(digest=inbox.digest_of(opened))
        if now - first.received_at < _WECOMS_OWN_REPEAT:
            count(Count.REPEATED, now=now)
            return
        count(Count.REPLAYED, now=now)
        # However often it is repeated: one line an hour for each event.
        told = f"{_TOLD_KEY}:{first.pk}"
        if client().set(told, 1, ex=_REPLAY_TOLD_AGAIN, nx=True):
            log.warning("callback %s came again, first at %s", first.pk, first.received_at)
            record_act(
                action="callback.replayed",
                operator=None,
                now=now,
                subject=first,
                details={"first_received_at": first.received_at.isoformat()},
            )
