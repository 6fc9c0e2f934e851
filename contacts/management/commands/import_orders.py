"""`manage.py import_orders FILE.csv`: bring the shop's orders in; see docs/orders.md."""

from __future__ import annotations

import json
import shutil
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

from contacts.models import OrderMapping
from contacts.rules.order_formats import FORMATS, Layout
from contacts.rules.order_formats.mapped import NAME as MAPPING
from contacts.rules.order_formats.mapped import mapped
from contacts.services.order_faults import InvalidOrderFile
from contacts.services.order_file import OrderFile
from contacts.services.order_table import Progress
from contacts.services.order_uploads import error_file_of
from contacts.services.orders import ImportReport, import_in_steps, import_orders


class Command(BaseCommand):
    help = (
        "Import orders from a CSV or Excel file (.gz and .zip accepted). "
        "All lines are taken, or none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="columns: see docs/orders.md")
        parser.add_argument("--source", default="shop", help="which shop numbered the orders")
        parser.add_argument(
            "--format",
            choices=sorted(FORMATS),
            dest="format_name",
            help="how the file is read; without it its headings tell",
        )
        parser.add_argument(
            "--mapping", metavar="NAME", help="read it by the mapping saved for this source"
        )
        parser.add_argument(
            "--take-good",
            action="store_true",
            help="leave refused lines out instead of refusing the file; they are written beside it",
        )
        parser.add_argument("--dry-run", action="store_true", help="report, but write nothing")
        parser.add_argument("--json", action="store_true", dest="as_json", help="report as JSON")

    def handle(self, *, file: Path, source: str, as_json: bool, **options: Any) -> None:
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
        dry_run: bool = options["dry_run"]
        try:
            layout, chosen = _layout(file, source, options["format_name"], options["mapping"])
            if layout.adds_up or options["take_good"]:
                report = _in_steps(
                    file, source, chosen, options["take_good"], dry_run, _moving(bar)
                )
            else:
                report = import_orders(
                    path=file,
                    source=source,
                    now=timezone.now(),
                    layout=layout,
                    dry_run=dry_run,
                    on_progress=_moving(bar),
                )
        except InvalidOrderFile as error:
            raise CommandError(str(error)) from error
        finally:
            bar.close()
        seconds = round(time.perf_counter() - started, 2)
        if as_json:
            answer = {
                **asdict(report),
                "format": layout.name,
                "seconds": seconds,
                "dry_run": dry_run,
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self.stdout.write(_in_words(report, seconds, dry_run=dry_run))


def _layout(
    file: Path, source: str, format_name: str | None, mapping: str | None
) -> tuple[Layout, dict[str, Any]]:
    """How the file is read, and how an import keeps that."""
    if mapping and format_name:
        raise CommandError(gettext("Give --format or --mapping, not both."))
    if mapping:
        saved = OrderMapping.objects.filter(source=source, name=mapping).first()
        if saved is None:
            raise CommandError(
                gettext("No mapping “%(name)s” is saved for the source “%(source)s”.")
                % {"name": mapping, "source": source}
            )
        return mapped(**saved.as_mapping()), {"format": MAPPING, "mapping": saved.as_mapping()}
    layout = FORMATS[format_name] if format_name else OrderFile(file).recognised()
    return layout, {"format": layout.name}


def _in_steps(
    file: Path,
    source: str,
    chosen: dict[str, Any],
    takes_good: bool,  # noqa: FBT001 - an option of the command
    dry_run: bool,  # noqa: FBT001
    on_progress: Progress | None,
) -> ImportReport:
    """By the steps of the console; refused lines are left in a file beside the one given."""
    report, imported = import_in_steps(
        path=file,
        source=source,
        clock=timezone.now,
        chosen=chosen,
        takes_good=takes_good,
        dry_run=dry_run,
        on_progress=on_progress,
    )
    if imported.refused:
        shutil.copyfile(error_file_of(imported), file.with_name(f"{file.name}.refused.csv"))
    return report


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
    if report.left_out:
        lines.append(gettext("%(left_out)s lines are of orders that were never paid."))
    if report.refused:
        lines.append(gettext("%(refused)s lines were refused; they lie beside the file."))
    if dry_run:
        lines.append(gettext("This was a dry run: nothing was written."))
    values = {
        **asdict(report),
        "revenue": f"{report.revenue_fen / 100:.2f}",
        "refunded": f"{report.refunded_fen / 100:.2f}",
        "seconds": seconds,
    }
    return "\n".join(lines) % values
