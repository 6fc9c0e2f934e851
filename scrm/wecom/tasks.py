"""Celery's doors to WeCom's inbox."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from scrm.wecom.callback import drain, inbox

# One run gives way to the next, so that a deploy never waits long for it.
_RUN_SECONDS = 30.0


@shared_task(name="wecom.drain_callbacks")
def drain_callbacks(**_future: object) -> None:
    """Handle the callbacks that are due, for half a minute at most."""
    drain.drain(clock=timezone.now, seconds=_RUN_SECONDS)


@shared_task(name="wecom.clear_callbacks")
def clear_callbacks(**_future: object) -> None:
    """Remove old handled callbacks in portions, for half a minute at most."""
    end = time.monotonic() + _RUN_SECONDS
    while time.monotonic() < end and inbox.clear(now=timezone.now()):
        pass
