"""A worker process: ticks and delivers on the real clock until it is killed.

The environment names the database, Redis and the corp, as for any other process. A queue would
only add its own order of events, so batches are taken from the table, at random.
"""

from __future__ import annotations

import time

import django


def main() -> None:
    django.setup()

    from django.utils import timezone

    from broadcasts.models import Batch
    from broadcasts.services import dispatch, tick

    print("up", flush=True)
    while True:
        tick.tick(now=timezone.now())
        ready = Batch.objects.filter(state="ready").order_by("?").values_list("pk", flat=True)
        for batch_id in list(ready[:5]):
            dispatch.deliver_batch(batch_id=batch_id, now=timezone.now())
        time.sleep(0.05)


if __name__ == "__main__":
    main()
