"""Readiness: is every part that the product needs there?

Workers and beat say that they live by a heartbeat in Redis, written by a beat tick that a worker
runs; a heartbeat older than a minute counts as down.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import redis
from celery import shared_task
from celery.signals import beat_init, worker_ready
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

log = logging.getLogger(__name__)

_STALE_AFTER = 60.0
_BEAT_KEY = "scrm:heartbeat:beat"
_WORKER_KEY = "scrm:heartbeat:worker:"
# The worker of welcomes is no Celery worker, and says itself that it lives.
WELCOMES = "welcomes"


def healthz(request: HttpRequest) -> JsonResponse:
    """200 `{"status": "ok", "components": {…}}`, or 503 with `down` on what is missing."""
    checks: dict[str, Callable[[], bool]] = {
        "postgres": _postgres,
        "redis": _redis,
        "worker": lambda: all(worker_lives(name) for name in (*settings.QUEUES, WELCOMES)),
        "beat": beat_lives,
        "wecom": _wecom,
    }
    components = {name: "ok" if check() else "down" for name, check in checks.items()}
    healthy = all(state == "ok" for state in components.values())
    response = JsonResponse(
        {"status": "ok" if healthy else "down", "components": components},
        status=200 if healthy else 503,
    )
    # Whoever asks sees the answer; a monitor's every question is no error of ours.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def worker_lives(queue: str) -> bool:
    """Whether some worker of this queue was heard of within the last minute."""
    return _fresh(_WORKER_KEY + queue)


def beat_lives() -> bool:
    """Whether beat was heard of within the last minute."""
    return _fresh(_BEAT_KEY)


@shared_task(name="scrm.heartbeat")
def heartbeat(*, queue: str) -> None:
    """Say that beat published and that a worker of `queue` runs; scheduled once per queue."""
    _beats(_BEAT_KEY, _WORKER_KEY + queue)


def say_alive(worker: str) -> None:
    """A beat of a worker that is no Celery worker, due within every minute."""
    _beats(_WORKER_KEY + worker)


@worker_ready.connect
def worker_is_ready(sender: Any, **_others: Any) -> None:
    """The first beat of a worker's queues, so that a start is seen at once."""
    _beats(*(_WORKER_KEY + queue.name for queue in sender.task_consumer.queues))


@beat_init.connect
def beat_is_ready(**_others: Any) -> None:
    _beats(_BEAT_KEY)


def _beats(*keys: str) -> None:
    client = redis.Redis.from_url(settings.REDIS_URL)
    try:
        client.mset(dict.fromkeys(keys, time.time()))
    except redis.RedisError:
        log.warning("Redis is unreachable; no heartbeat for %s", ", ".join(keys))
    finally:
        client.close()


def _postgres() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _fresh(key: str) -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)
    try:
        written = client.get(key)
    except redis.RedisError:
        return False
    finally:
        client.close()
    return written is not None and time.time() - float(written) < _STALE_AFTER


def _wecom() -> bool:
    """Whether the host of the WeCom API takes connections; credentials are the doctor's matter."""
    url = urlsplit(settings.WECOM_BASE_URL)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        with socket.create_connection((url.hostname or "", port), timeout=2):
            return True
    except OSError:
        return False
