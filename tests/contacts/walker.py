"""A process whose children walk the sync, made to be killed.

It says "ready", then for every line on its input forks a child, says the child's number, and how
the child ended. A fork is quick where a new interpreter would take seconds.
"""

from __future__ import annotations

import os
import sys

import django


def main() -> None:
    django.setup()
    import scrm.urls  # noqa: F401 - all that a child would import before it can begin

    _say("ready")
    for _line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(_walk_on())
        _say(child)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _walk_on() -> int:
    from django.utils import timezone

    from contacts.services.sync.runs import SyncIsRunning, start_run, walk

    try:
        run = start_run(is_full=True, now=timezone.now(), page_size=1)
        return 0 if walk(run_id=run.pk, clock=timezone.now).state == "done" else 1
    except SyncIsRunning:
        return 3


if __name__ == "__main__":
    main()
