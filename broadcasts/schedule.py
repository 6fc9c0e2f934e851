"""Beat's entries of broadcasts."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

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
    "media-renew": {
        "task": "broadcasts.renew_media",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "harm-watch": {
        "task": "broadcasts.watch_harm",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    # At night, when nobody is written to.
    "harm-count-usual-losses": {
        "task": "broadcasts.count_usual_losses",
        "schedule": crontab(hour=4, minute=20),
    },
    "operator-notices": {
        "task": "broadcasts.send_notices",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "webhooks-collect": {
        "task": "broadcasts.collect_webhooks",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "webhooks-deliver": {
        "task": "broadcasts.deliver_webhooks",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "webhooks-tidy": {
        "task": "broadcasts.tidy_webhooks",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "journeys-advance": {
        "task": "broadcasts.advance_journeys",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "journeys-survey": {
        "task": "broadcasts.survey_journeys",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "journeys-end-by-rule": {
        "task": "broadcasts.end_journeys_by_rule",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
}
