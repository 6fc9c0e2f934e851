"""Hand work to a worker by the name of its task, once the transaction has committed."""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def enqueue_on_commit(task: str, **arguments: Any) -> None:
    """Publish `task` after the commit. A broker that is down is logged and forgiven: every piece
    of work is a row that a beat tick finds again, so the message only makes it sooner.
    """

    def publish() -> None:
        try:
            current_app.send_task(task, kwargs=arguments)
        except OperationalError:
            log.warning("broker unreachable; %s waits for its tick", task)

    transaction.on_commit(publish)
