"""`manage.py import_orders FILE.csv`: bring the shop's orders in; see docs/orders.md."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext
from tqdm import tqdm

from contacts.services.order_faults import InvalidOrderFile
from contacts.services.order_file import Progress
from contacts.services.orders import ImportReport, import_orders


class Command(BaseCommand):
    help = "Import orders from a CSV file (.gz accepted). All lines are taken, or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="columns: see docs/orders.md")
        parser.add_argument("--source", default="shop", help="which shop numbered the orders")
        parser.add_argument("--dry-run", action="store_true", help="report, but write nothing")
        parser.add_argument("--json", action="store_true", dest="as_json", help="report as JSON")

    def handle(self, *, file: Path, source: str, dry_run: bool, as_json: bool, **_: Any) -> None:
        if not file.is_file():
            raise CommandError(gettext("There is no file %(path)s.") % {"path": file})
        if not 0 < len(source) <= 32:
            raise CommandError(gettext("--source takes 1 to 32 characters."))
        started = time.perf_counter()
        size = get_terminal_size()  # some containers have terminals that tell no size
        bar = tqdm(
            total=1,
            bar_format="{percentage:3.0f}% |{bar}| {elapsed}",
            ncols=size.columns,
            nrows=size.lines,
            disable=None,
        )
        try:
            report = import_orders(
                path=file,
                source=source,
                now=timezone.now(),
                dry_run=dry_run,
                on_progress=_moving(bar),
            )
        except InvalidOrderFile as error:
            raise CommandError(str(error)) from error
        finally:
            bar.close()
        seconds = round(time.perf_counter() - started, 2)
        if as_json:
            answer = {**asdict(report), "seconds": seconds, "dry_run": dry_run}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self.stdout.write(_in_words(report, seconds, dry_run=dry_run))


def _moving(bar: tqdm[Any]) -> Progress | None:
    if not sys.stderr.isatty():
        return None

    def move(done: int, total: int) -> None:
        bar.update(done / max(total, 1) - bar.n)

    return move


def _in_words(report: ImportReport, seconds: float, *, dry_run: bool) -> str:
    lines = [
        gettext(
            "%(lines)s lines make %(orders)s orders: %(new)s new, %(changed)s changed, "
            "%(unchanged)s as before."
        ),
        gettext("%(matched)s belong to known customers, %(waiting)s wait for theirs."),
        gettext("Paid %(revenue)s yuan, given back %(refunded)s, in %(seconds)s s."),
    ]
    if dry_run:
        lines.append(gettext("This was a dry run: nothing was written."))
    values = {
        **asdict(report),
        "revenue": f"{report.revenue_fen / 100:.2f}",
        "refunded": f"{report.refunded_fen / 100:.2f}",
        "seconds": seconds,
    }
    return "\n".join(lines) % values
