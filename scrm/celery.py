"""The Celery application: carries work; Postgres owns it (see docs/architecture.md)."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")


class PatientConnection(Connection):
    """A broker that is away is asked for every few seconds; Celery's own gaps grow to half a
    minute, and work that is due would wait as long after the broker is back.
    """

    def ensure_connection(self, *args: Any, **options: Any) -> Connection:  # type: ignore[override]
        gaps = {"interval_start": 1, "interval_step": 1, "interval_max": 3}
        return super().ensure_connection(*args, **gaps | options)


class Carrier(AMQP):
    """Celery's messaging over such connections."""

    Connection = PatientConnection


app = Celery("scrm", amqp=Carrier)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def collect_schedule(packages: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """Join the `SCHEDULE` of every `<package>.schedule` that exists; a name stands once.

    Raises ValueError when two packages schedule under the same name.
    """
    schedule: dict[str, dict[str, object]] = {}
    for package in packages:
        if find_spec(f"{package}.schedule") is None:
            continue
        for name, entry in import_module(f"{package}.schedule").SCHEDULE.items():
            if name in schedule:
                raise ValueError(f"{package}.schedule: {name!r} is scheduled twice")
            schedule[name] = entry
    return schedule


app.conf.beat_schedule = collect_schedule(
    ("scrm", "scrm.wecom", "contacts", "groups", "broadcasts", "analytics")
)
