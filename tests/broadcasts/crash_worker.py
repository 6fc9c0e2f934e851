"""A worker that fails, loses an answer or dies at a chosen one of its calls to the outside.

Run as a process with the environment of the test. Each line it reads, "<corp's confirm address>
<moment> <call> <how>", is lived through by a fork of its own, so that Django is set up only once;
the answer is the number of calls that were made, or "died".

The calls are: each commit, each writing statement outside a transaction, each HTTP request.
`fail` lets the call not happen, `lose` lets it happen without its answer, `exit` ends the process
right after it. Ending right before a call is ending right after the one before.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.request import Request, urlopen

import django
import requests

WRITES = ("INSERT", "UPDATE", "DELETE")
# What a worker sees of a broadcast until everybody has it, and what brings it back to order: a
# claim runs out after 21 seconds, a silence is looked into a second later.
BEFORE_CONFIRMING, AFTER_CONFIRMING = (0, 10), (20, 30)
RECOVERY = (60, 90, 130, 200)
# What is imported before the forks need not be imported by every one of them.
IMPORTED = (
    "broadcasts.services.tick",
    "celery.app.events",
    "celery.app.task",
    "celery.events.dispatcher",
    "kombu.transport.redis",
    "scrm.wecom.gateway",
)


class Calls:
    """Counts the calls to the outside and strikes one of them."""

    def __init__(self, struck: int, how: str) -> None:
        self.made, self._struck, self._how = 0, struck, how

    def make(self, call: Callable[[], Any], error: Exception) -> Any:
        self.made += 1
        is_struck = self.made == self._struck
        if is_struck and self._how == "fail":
            raise error
        outcome = call()
        if is_struck and self._how == "exit":
            os._exit(9)
        if is_struck and self._how == "lose":
            raise error
        return outcome


def watch(calls: Calls) -> None:
    """Lead every commit, every writing statement of its own and every request through `calls`."""
    from django.db import OperationalError, connection
    from django.db.backends.base.base import BaseDatabaseWrapper

    commit, send = BaseDatabaseWrapper._commit, requests.Session.send

    def committed(database):
        return calls.make(lambda: commit(database), OperationalError("struck"))

    def sent(session, request, **options):
        error = requests.ConnectionError("struck")
        return calls.make(lambda: send(session, request, **options), error)

    def executed(execute, sql, parameters, many, context):
        if connection.in_atomic_block or not sql.lstrip().startswith(WRITES):
            return execute(sql, parameters, many, context)
        return calls.make(
            lambda: execute(sql, parameters, many, context), OperationalError("struck")
        )

    BaseDatabaseWrapper._commit = committed
    requests.Session.send = sent
    connection.execute_wrappers.append(executed)


def work(moments: tuple[int, ...], since: datetime) -> None:
    """Ticks, and the batches they hand out. What goes wrong is left for the next round."""
    from django.db import Error

    from broadcasts.models import Batch
    from broadcasts.services import dispatch, tick

    for seconds in moments:
        now = since + timedelta(seconds=seconds)
        try:
            # A process that has just died may still be holding the heartbeat's lock.
            while not tick.tick(now=now):
                pass
            ready = Batch.objects.filter(state="ready").order_by("pk").values_list("pk", flat=True)
            for batch_id in list(ready):
                dispatch.deliver_batch(batch_id=batch_id, now=now)
        except Error:
            continue


def confirm(address: str) -> None:
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(address, data=b'{"all": true}', headers=headers), timeout=10) as answer:
        answer.read()


def live(address: str, since: datetime, struck: int, how: str) -> Calls:
    """The life of broadcasts with one stroke of fate, and the calls there were."""
    calls = Calls(struck, how)
    if how == "recover":
        work(RECOVERY, since)
        confirm(address)
        work((600, 1200), since)
        return calls
    watch(calls)
    work(BEFORE_CONFIRMING, since)
    confirm(address)
    work(AFTER_CONFIRMING, since)
    return calls


def tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    django.setup()
    for name in IMPORTED:
        import_module(name)
    gc.freeze()  # what is looked at by every fork's collector would be copied for it
    tell("up")
    for line in sys.stdin:
        address, moment, struck, how = line.split()
        reader, writer = os.pipe()
        if os.fork() == 0:
            calls = live(address, datetime.fromisoformat(moment), int(struck), how)
            os.write(writer, str(calls.made).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as told:
            tell(told.read() or "died")
        os.wait()


if __name__ == "__main__":
    main()
