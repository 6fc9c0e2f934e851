"""What the demo's tea shop has made of the product, so that the pages show what they are for."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from broadcasts.management.demo.house_rules import set_house_rules
from broadcasts.management.demo.journey import start_journey
from broadcasts.management.demo.materials import make_library
from broadcasts.management.demo.messages import make_draft, set_under_way
from broadcasts.management.demo.past import write_past
from broadcasts.management.demo.segments import make_segments
from broadcasts.management.demo.welcomes import make_welcomes
from scrm.console.models import Operator

# In this order: each names what those before it made.
_PARTS = (
    set_house_rules,
    make_library,
    make_welcomes,
    make_segments,
    make_draft,
    write_past,
    set_under_way,
    start_journey,
)


class Command(BaseCommand):
    help = (
        "Fill the synced demo: rules, content, a past, and what is under way, unless it is there."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        operator = Operator.objects.order_by("pk").first()
        if operator is not None:
            for part in _PARTS:
                part(operator=operator, now=timezone.now())
