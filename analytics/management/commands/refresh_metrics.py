"""`manage.py refresh_metrics [--rebuild] [--json]`: bring the customers' value up to date now."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext

from analytics.models import MetricsRun
from analytics.services import broadcast_effects, refresh, renewal, series_effects
from analytics.services.forecast import Outcome


class Command(BaseCommand):
    help = "Refresh the value of customers whose orders changed, or of all with --rebuild."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="recompute everybody, fit the models anew and measure broadcasts that are due",
        )
        parser.add_argument("--json", action="store_true", help="answer as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        outcome: Outcome | None = None
        if options["rebuild"]:
            run, outcome = renewal.renew(now=now)
            # Those that are due and fit into three minutes; the clock goes on with the others.
            broadcast_effects.measure_broadcasts(now=now)
            series_effects.measure_series(now=now)
        else:
            run = refresh.refresh_metrics(now=now)
        answer = _answer(run, outcome)
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        elif run is None and outcome is None:
            self.stdout.write(
                gettext("Nothing to do: no order changed, or another refresh is at work.")
            )
        else:
            self.stdout.write("\n".join(f"{name}: {value}" for name, value in answer.items()))


def _answer(run: MetricsRun | None, outcome: Outcome | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"refreshed": run is not None}
    if run is not None:
        took = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
        answer |= {"kind": run.kind, "contacts": run.contacts, "changed": run.changed}
        answer["seconds"] = round(took, 3) if took is not None else None
    if outcome is not None:
        answer |= {"buyers": outcome.buyers, "repeaters": outcome.repeaters}
        answer |= {"fitted": not outcome.reason, "reason": outcome.reason}
    return answer
