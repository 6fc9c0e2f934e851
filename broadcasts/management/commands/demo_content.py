"""Rules, library, welcomes, segments and a first draft for the demo's pages."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from broadcasts.management.demo.house_rules import set_house_rules
from broadcasts.management.demo.library import make_library
from broadcasts.management.demo.messages import make_draft
from broadcasts.management.demo.segments import make_segments
from broadcasts.management.demo.welcomes import make_welcomes
from scrm.console.models import Operator


class Command(BaseCommand):
    help = (
        "Create the demo's house rules, content library, welcomes, segments and one draft "
        "broadcast, of each unless any exist."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        operator = Operator.objects.order_by("pk").first()
        now = timezone.now()
        if operator is not None:
            for make in (
                set_house_rules,
                make_library,
                make_welcomes,
                make_segments,
                make_draft,
            ):
                make(operator=operator, now=now)
