"""Beat's entries of the gateway."""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    # Ticks that nobody took at once are worthless: the run that holds the worker drains as well.
    "drain-callbacks": {
        "task": "wecom.drain_callbacks",
        "schedule": 2.0,
        "options": {"expires": 4},
    },
}
