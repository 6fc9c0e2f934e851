"""`manage.py doctor`: does the connection to the corp work, and if not, what mends it?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext

from scrm.wecom.doctor import Finding, State, examine

_MARKS = {State.OK: "✓", State.FAILED: "✗", State.SKIPPED: "–"}


class Command(BaseCommand):
    help = "Check the connection to WeCom; exit code 1 when something must be mended."
    # Wrong settings are what it is here to explain.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument(
            "--language",
            default=settings.LANGUAGE_CODE,
            choices=[code for code, _name in settings.LANGUAGES],
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["language"]):
            findings = examine()
        failed = [finding for finding in findings if finding.state is State.FAILED]
        if options["json"]:
            told = {"ok": not failed, "checks": [asdict(finding) for finding in findings]}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            for finding in findings:
                self._print(finding)
        if failed:
            titles = ", ".join(finding.title for finding in failed)
            with translation.override(options["language"]):
                words = gettext("To be mended: %(titles)s") % {"titles": titles}
            raise CommandError(words, returncode=1)

    def _print(self, finding: Finding) -> None:
        style = self.style.ERROR if finding.state is State.FAILED else str
        detail = f": {finding.detail}" if finding.detail else ""
        self.stdout.write(style(f"{_MARKS[finding.state]} {finding.title}{detail}"))
        if finding.advice:
            self.stdout.write(f"  → {finding.advice}")
