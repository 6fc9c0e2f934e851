"""Beat's entries of contacts."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "tick-sync": {
        "task": "contacts.tick_sync",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "tick-tags": {
        "task": "contacts.tick_tags",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "tick-task-messages": {
        "task": "contacts.tick_task_messages",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "tick-care": {
        "task": "contacts.tick_care",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "tick-channels": {
        "task": "contacts.tick_channels",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    # A day that begins moves customers whether or not the sync works.
    "renew-lifecycle": {
        "task": "contacts.renew_lifecycle",
        "schedule": crontab(hour="0", minute="20"),
    },
    "tell-losses": {
        "task": "contacts.tell_losses",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    # Goes on where it stood; nothing is asked twice on a day.
    "read-staff-days": {
        "task": "contacts.read_staff_days",
        "schedule": 300.0,
        "options": {"expires": 280},
    },
    "tick-order-imports": {
        "task": "contacts.tick_order_imports",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "pull-bills": {
        "task": "contacts.pull_bills",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "recount-segments": {
        "task": "contacts.recount_segments",
        "schedule": crontab(minute="40"),
    },
    "tick-orders": {
        "task": "contacts.tick_orders",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    # Before the metrics are rebuilt from the orders.
    "check-order-ledger": {
        "task": "contacts.check_ledger",
        "schedule": crontab(hour="3", minute="50"),
    },
}
