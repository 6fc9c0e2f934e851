"""The pretend WeCom after staff have sent: `python -m bench._answered CUSTOMERS PER_TASK`.

Every task is another staff member's, who has pressed send; of a hundred customers two are no
friends any more and one has had too many messages. A process of its own, so that what it costs is
not counted with what reads it; it prints its address and serves until its input ends.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scrm.simulator.corp import Corp
from scrm.simulator.records import NOT_A_FRIEND, OVER_QUOTA, SENT, Task
from scrm.simulator.server import Server

CUSTOMER = "wmABCDEFGHIJKLMNOPQRST"  # and ten digits
EXCEPTIONS = {7: NOT_A_FRIEND, 42: NOT_A_FRIEND, 99: OVER_QUOTA}  # of each hundred


@contextmanager
def serving(*, customers: int, per_task: int) -> Iterator[str]:
    """The address of such a corp during the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench._answered", str(customers), str(per_task)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def answered(*, customers: int, per_task: int) -> Corp:
    corp = Corp()
    corp.settings.calls_per_minute = corp.settings.calls_per_hour = 1_000_000
    now = int(time.time())
    sent = [SENT, now]
    fates = [[EXCEPTIONS[n], 0] if n in EXCEPTIONS else sent for n in range(100)]
    for number, first in enumerate(range(0, customers, per_task)):
        userid = f"s{number}"
        corp.add_staff(userid)
        places = range(first, min(first + per_task, customers))
        receivers = [f"{CUSTOMER}{place:010d}" for place in places]
        corp.broadcasts[f"msg{number}"] = Task(
            f"msg{number}",
            "single",
            now,
            0.0,
            targets={userid: receivers},
            sender=userid,
            confirmed={userid: now},
            results={
                userid: {
                    receiver: fates[place % 100]
                    for place, receiver in zip(places, receivers, strict=True)
                }
            },
        )
    return corp


if __name__ == "__main__":
    with Server(answered(customers=int(sys.argv[1]), per_task=int(sys.argv[2]))) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
