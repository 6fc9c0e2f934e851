"""Celery's doors to WeCom's inbox."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from scrm.wecom.callback import inbox

# One run gives way to the next, so that a deploy never waits long for it.
_RUN_SECONDS = 30.0


@shared_task(name="wecom.drain_callbacks")
def drain_callbacks(**_future: object) -> None:
    """Handle the callbacks that are due, for half a minute at most."""
    end = time.monotonic() + _RUN_SECONDS
    while time.monotonic() < end and inbox.handle_next(now=timezone.now()):
        pass
