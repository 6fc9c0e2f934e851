"""The product's Celery whose windows of a minute last as long as the environment says.

For `celery -A bench._short_minute`: a limit that binds within seconds, in workers that are
otherwise the product's own. BENCH_WINDOW_SECONDS and BENCH_WINDOW_CALLS name the window.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from celery.signals import worker_process_init

from scrm.celery import app

__all__ = ["app"]


@worker_process_init.connect
def shorten(**_told: Any) -> None:
    from django.conf import settings

    from scrm.ratelimit import limits
    from scrm.wecom.quotas import LIMIT_NAME

    window = limits.Window(
        float(os.environ["BENCH_WINDOW_SECONDS"]), int(os.environ["BENCH_WINDOW_CALLS"])
    )
    settings.DEBUG = False  # else Django remembers every statement
    usual = limits.get(LIMIT_NAME)
    limits._limits[LIMIT_NAME] = replace(usual, windows=(window, *usual.windows[1:]))
