"""The secret of a webhook, and what it signs (推送签名)."""

from __future__ import annotations

import hashlib
import hmac

from django.utils.crypto import salted_hmac

from broadcasts.models import WebhookEndpoint

_PREFIX = "whsec_"
SCHEME = "v1"


def secret_of(endpoint: WebhookEndpoint) -> str:
    """Made from the installation's own key, so that no table and no backup holds it.

    Another version is another secret; another SCRM_SECRET_KEY makes all of them others.
    """
    what = f"{endpoint.public_id}:{endpoint.secret_version}"
    return _PREFIX + salted_hmac("broadcasts.webhook", what, algorithm="sha256").hexdigest()


def signature(secret: str, *, timestamp: int, body: bytes) -> str:
    """`v1=` and the hex HMAC-SHA256 over `<timestamp>.<body>`."""
    signed = f"{timestamp}.".encode() + body
    return f"{SCHEME}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
