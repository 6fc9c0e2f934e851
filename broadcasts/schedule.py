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
}
