"""`manage.py doctor`: does everything work, and if not, what mends it?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext

from scrm.wecom.doctor import GROUP_LABELS, Finding, Group, State, examine

_MARKS = {State.OK: "✓", State.WARN: "!", State.FAIL: "✗", State.UNKNOWN: "–"}


class Command(BaseCommand):
    help = "Check the set-up; exit code 1 when something must be mended."
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
        findings = examine(now=timezone.now())
        failed = [finding for finding in findings if finding.state is State.FAIL]
        with translation.override(options["language"]):
            if options["json"]:
                told = {"ok": not failed, "checks": [finding.told() for finding in findings]}
                self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
            else:
                self._print(findings)
            if failed:
                titles = ", ".join(str(finding.title) for finding in failed)
                words = gettext("To be mended: %(titles)s") % {"titles": titles}
                raise CommandError(words, returncode=1)

    def _print(self, findings: list[Finding]) -> None:
        order = list(Group)
        grouped = sorted(findings, key=lambda finding: order.index(finding.group))
        for group, lines in groupby(grouped, key=lambda finding: finding.group):
            self.stdout.write(self.style.MIGRATE_HEADING(str(GROUP_LABELS[group])))
            for finding in lines:
                self._print_one(finding)

    def _print_one(self, finding: Finding) -> None:
        styles = {State.FAIL: self.style.ERROR, State.WARN: self.style.WARNING}
        seen = f": {finding.verdict.seen}" if finding.verdict.seen else ""
        line = f"  {_MARKS[finding.state]} {finding.title}{seen}"
        self.stdout.write(styles.get(finding.state, str)(line))
        if finding.state in {State.OK, State.UNKNOWN} and not finding.verdict.mend:
            return
        for step in finding.verdict.mend:
            self.stdout.write(f"      → {step}")
        if finding.verdict.copy:
            self.stdout.write(f"      = {finding.verdict.copy}")
        if finding.state in {State.FAIL, State.WARN}:
            where = " · ".join(filter(None, (finding.menu, finding.docs)))
            self.stdout.write(f"      {where}")
