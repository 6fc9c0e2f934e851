"""Readiness: is every part that the product needs there?

Workers and beat say that they live by a heartbeat in Redis, written by a beat tick that a worker
runs; a heartbeat older than a minute counts as down.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import redis
from celery import shared_task
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

_STALE_AFTER = 60.0
_BEAT_KEY = "scrm:heartbeat:beat"
_WORKER_KEY = "scrm:heartbeat:worker:"


def healthz(request: HttpRequest) -> JsonResponse:
    """200 `{"status": "ok", "components": {…}}`, or 503 with `down` on what is missing."""
    checks: dict[str, Callable[[], bool]] = {
        "postgres": _postgres,
        "redis": _redis,
        "worker": lambda: all(_fresh(_WORKER_KEY + queue) for queue in settings.QUEUES),
        "beat": lambda: _fresh(_BEAT_KEY),
        "wecom": _wecom,
    }
    components = {name: "ok" if check() else "down" for name, check in checks.items()}
    healthy = all(state == "ok" for state in components.values())
    return JsonResponse(
        {"status": "ok" if healthy else "down", "components": components},
        status=200 if healthy else 503,
    )


@shared_task(name="scrm.heartbeat")
def heartbeat(*, queue: str) -> None:
    """Say that beat published and that a worker of `queue` runs; scheduled once per queue."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    try:
        client.mset({_BEAT_KEY: time.time(), _WORKER_KEY + queue: time.time()})
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
    return written is not None and time.time() - float(str(written, "ascii")) < _STALE_AFTER


def _wecom() -> bool:
    """Whether the host of the WeCom API takes connections; credentials are the doctor's matter."""
    url = urlsplit(settings.WECOM_BASE_URL)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        with socket.create_connection((url.hostname or "", port), timeout=2):
            return True
    except OSError:
        return False
