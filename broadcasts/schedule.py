"""Beat's entries of broadcasts."""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    # Ticks nobody could take are worthless when the next one is there.
    "broadcasts-tick": {
        "task": "broadcasts.tick",
        "schedule": 3.0,
        "options": {"expires": 10},
    },
    # Apart from the worker of welcomes, so that one that is gone is seen.
    "welcomes-account": {
        "task": "broadcasts.account_for_welcomes",
        "schedule": 15.0,
        "options": {"expires": 30},
    },
    "welcomes-renew-pictures": {
        "task": "broadcasts.renew_welcome_pictures",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
}
