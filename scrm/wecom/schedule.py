"""Beat's entries of the gateway."""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    # Ticks that nobody took at once are worthless: the run that holds the worker drains as well.
    "drain-callbacks": {
        "task": "wecom.drain_callbacks",
        "schedule": 1.0,
        "options": {"expires": 2},
    },
    # More often than the portions of a day need, so that a long pause is made up for.
    "clear-callbacks": {
        "task": "wecom.clear_callbacks",
        "schedule": 3600.0,
        "options": {"expires": 1800},
    },
}
