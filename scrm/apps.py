"""The floor as a Django app: management commands, system checks."""

from __future__ import annotations

from django.apps import AppConfig


class ScrmConfig(AppConfig):
    name = "scrm"
    label = "scrm"

    def ready(self) -> None:
        # Loaded here so that tasks declared anywhere find their application.
        from scrm import celery, checks, health  # noqa: F401
        from scrm.ratelimit import limits
        from scrm.throttling import PER_OPERATOR

        limits.register(PER_OPERATOR)
