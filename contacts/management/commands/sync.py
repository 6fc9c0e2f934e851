"""`manage.py sync`: pull WeCom's state into our tables, or go on with the run that stands still.

Exit codes: 0 done · 1 WeCom refused (what to change is said) · 3 another sync is running or it
was cancelled · 4 WeCom or the database is out of reach, or Ctrl-C: run the command again to go on.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from shutil import get_terminal_size
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext
from tqdm import tqdm

from contacts.selectors.sync_log import counts_in_words
from contacts.services.sync.runs import SyncInterrupted, SyncIsRunning, start_run, walk
from contacts.services.sync.steps import step_named
from scrm.wecom.models import SyncRun

_FAILED, _BUSY, _OUT_OF_REACH = 1, 3, 4


class Command(BaseCommand):
    help = "Sync departments, staff, tags, customers and groups from WeCom."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="read every group again, too")
        parser.add_argument("--json", action="store_true", dest="as_json", help="summary as JSON")
        parser.add_argument(
            "--accept-losses",
            action="store_true",
            help="end relations even when more than half are missing",
        )

    def handle(self, *, full: bool, as_json: bool, accept_losses: bool, **_: Any) -> None:
        progress = _Progress(self, is_quiet=as_json)
        try:
            run = start_run(is_full=full, now=timezone.now(), accept_losses=accept_losses)
            progress.show(run)
            run = walk(run_id=run.pk, clock=timezone.now, on_page=progress.show)
        except SyncIsRunning as error:
            raise CommandError(str(error), returncode=_BUSY) from error
        except SyncInterrupted as error:
            words = gettext("%(why)s Run the command again to go on.") % {"why": error}
            raise CommandError(words, returncode=_OUT_OF_REACH) from error
        except KeyboardInterrupt as stop:
            words = gettext("Stopped. Run the command again to go on.")
            raise CommandError(words, returncode=_OUT_OF_REACH) from stop
        finally:
            progress.close()
        if as_json:
            self.stdout.write(json.dumps(_summary(run), ensure_ascii=False))
        if run.state == SyncRun.State.FAILED:
            raise CommandError(run.errors[-1], returncode=_FAILED)
        if run.state != SyncRun.State.DONE:
            raise CommandError(gettext("The sync was cancelled."), returncode=_BUSY)
        if not as_json:
            self._tell(run)

    def _tell(self, run: SyncRun) -> None:
        counts = ", ".join(f"{words} {number}" for words, number in counts_in_words(run))
        self.stdout.write(
            gettext("Done in %(seconds)s s: %(counts)s")
            % {"seconds": _summary(run)["seconds"], "counts": counts}
        )
        for error in run.errors:
            self.stderr.write(error)


class _Progress:
    """A bar for each step on a terminal, a line for each step elsewhere."""

    def __init__(self, command: Command, *, is_quiet: bool) -> None:
        self._command = command
        self._is_quiet = is_quiet and not sys.stderr.isatty()
        self._step = ""
        self._bar: tqdm[Any] | None = None

    def show(self, run: SyncRun) -> None:
        if self._is_quiet or run.state != SyncRun.State.RUNNING:
            return
        if run.step != self._step:
            self._begin(run)
        if self._bar is not None:
            self._bar.total = run.total or None
            self._bar.update(run.done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _begin(self, run: SyncRun) -> None:
        self.close()
        self._step = run.step
        label = str(step_named(run.step).label)
        if sys.stderr.isatty():
            # Some containers have terminals that tell no size.
            size = get_terminal_size()
            self._bar = tqdm(desc=label, ncols=size.columns, nrows=size.lines)
        else:
            self._command.stdout.write(f"{label} …")


def _summary(run: SyncRun) -> dict[str, Any]:
    seconds = ((run.finished_at or run.progressed_at) - run.started_at).total_seconds()
    return {
        "run": run.pk,
        "kind": run.kind,
        "state": run.state,
        "counts": run.counts,
        "seconds": round(seconds, 2),
        "errors": run.errors,
    }
