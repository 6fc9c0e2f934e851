"""The secret of an outgoing webhook."""

from __future__ import annotations

from broadcasts.models import WebhookEndpoint
from scrm.signatures import derived_secret, signature

__all__ = ["secret_of", "signature"]


def secret_of(endpoint: WebhookEndpoint) -> str:
    """The present one; the number of its version ends those before."""
    return derived_secret("broadcasts.webhook", endpoint.public_id, endpoint.secret_version)
