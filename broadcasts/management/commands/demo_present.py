"""A present for the demo: a broadcast that is with its staff, a journey with people in it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from broadcasts.management.demo.journey import start_journey
from broadcasts.management.demo.messages import set_under_way
from scrm.console.models import Operator


class Command(BaseCommand):
    help = "Schedule the demo's broadcast and start its journey, of each unless it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        operator = Operator.objects.order_by("pk").first()
        if operator is not None:
            set_under_way(operator=operator, now=timezone.now())
            start_journey(operator=operator, now=timezone.now())
