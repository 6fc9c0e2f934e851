"""Hand work to a worker by the name of its task, once the transaction has committed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import monotonic
from typing import Any

from celery import Celery, current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

# A connection that died while it lay idle is made anew by the second attempt.
_TWICE = {"max_retries": 1, "interval_start": 0.2}
# Longer than a request takes from its first message to its last.
_REST_SECONDS = 3.0


class Messages:
    """Sent through one Celery application.

    A broker that did not answer is left alone for a moment: a page that asks for fifty figures
    waits for it once, not fifty times.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._away_until = 0.0

    def send(self, task: str, arguments: Mapping[str, Any]) -> bool:
        """Whether the broker took it. One that is down is logged and forgiven."""
        if monotonic() < self._away_until:
            return False
        try:
            self._app.send_task(task, kwargs=dict(arguments), retry_policy=_TWICE)
        except OperationalError:
            self._away_until = monotonic() + _REST_SECONDS
            log.warning("broker unreachable; %s and what follows wait for their ticks", task)
            return False
        return True


_messages = Messages(current_app)


def enqueue_on_commit(task: str, **arguments: Any) -> None:
    """Publish `task` after the commit. A broker that is down is forgiven: every piece of work is
    a row that a beat tick finds again, so the message only makes it sooner.
    """
    transaction.on_commit(lambda: _messages.send(task, arguments))
