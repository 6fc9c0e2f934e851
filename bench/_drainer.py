"""A process of its own that drains the callback inbox until it is killed; see bench.callbacks."""

from __future__ import annotations

import os
import time


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
    import django

    django.setup()
    from django.utils import timezone

    from scrm.wecom.callback.drain import drain

    while True:
        if not drain(clock=timezone.now, seconds=5.0):
            time.sleep(0.05)


if __name__ == "__main__":
    main()
