"""Beat's entries of groups."""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    # The rows say what is due; most ticks find nothing.
    "read-group-figures": {
        "task": "groups.read_figures",
        "schedule": 300.0,
        "options": {"expires": 290},
    },
    "tick-groups": {
        "task": "groups.tick",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
}
