"""Secrets of webhooks and what they sign, the same way in both directions (推送签名)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from uuid import UUID

from django.utils.crypto import salted_hmac

_PREFIX = "whsec_"
SCHEME = "v1"


def derived_secret(purpose: str, public_id: UUID, version: int) -> str:
    """Made from the installation's own key, so that no table and no backup holds it.

    Another version is another secret; another SCRM_SECRET_KEY makes all of them others.
    """
    what = f"{public_id}:{version}"
    return _PREFIX + salted_hmac(purpose, what, algorithm="sha256").hexdigest()


def signature(secret: str, *, timestamp: int, body: bytes) -> str:
    """`v1=` and the hex HMAC-SHA256 over `<timestamp>.<body>`."""
    signed = f"{timestamp}.".encode() + body
    return f"{SCHEME}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def is_signed(told: str, *, secrets: Iterable[str], timestamp: int, body: bytes) -> bool:
    """Whether one of the secrets made this signature; takes the same time whatever is wrong."""
    fits = [
        hmac.compare_digest(
            signature(secret, timestamp=timestamp, body=body).encode(), told.encode()
        )
        for secret in secrets
    ]
    return any(fits)
