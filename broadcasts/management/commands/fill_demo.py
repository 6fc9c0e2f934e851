"""Everything the demo's shop has made of the product, in one process: starting one takes longer."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Fill the synced demo: what the shop keeps, its past, and what is under way."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("demo_content", "demo_history", "demo_present"):
            call_command(name)
