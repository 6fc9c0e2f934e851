"""Figures of the sending machinery."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

# Connect and read together, enforced by the gateway's transport.
HTTP_TOTAL_SECONDS = 15
MARGIN_SECONDS = 5


def lease() -> timedelta:
    """How long a claim of a batch holds; longer than a call can take, with a margin."""
    return timedelta(seconds=settings.BROADCAST_LEASE_SECONDS)


def settle() -> timedelta:
    """How long after a silence WeCom's list of tasks surely shows what it accepted."""
    return timedelta(seconds=settings.BROADCAST_SETTLE_SECONDS)


def batch_size() -> int:
    """Recipients of one call; WeCom takes 10,000 (add_msg_template), tests take fewer."""
    return int(getattr(settings, "BROADCAST_BATCH_SIZE", 10_000))


def group_batch_size() -> int:
    """Groups of one call; WeCom takes 2,000 (chat_id_list), tests take fewer."""
    return int(getattr(settings, "BROADCAST_GROUP_BATCH_SIZE", 2_000))
