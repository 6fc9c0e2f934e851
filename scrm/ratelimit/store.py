"""The Redis connections of this process, shared by everything that counts or locks there."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

RedisError = redis.RedisError

_CONNECT_SECONDS = 2
_ANSWER_SECONDS = 5


def client() -> redis.Redis:
    """A client on a pool; answers are bytes. Safe in threads and after a fork."""
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_ANSWER_SECONDS,
        # The library's own pauses between retries would hold up a callback's answer.
        retry=Retry(NoBackoff(), 1),
    )
