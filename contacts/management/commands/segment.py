"""`manage.py segment RULE.json [--json]`: how many customers a rule picks, and what it says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext

from contacts.selectors.audiences import count
from scrm.segments.explain import explain
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError


class Command(BaseCommand):
    help = "Count the customers a segment rule picks and say the rule in words."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rule", metavar="RULE.json", help="a file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *, rule: str, **options: Any) -> None:
        try:
            node = read_rule(_load(rule))
        except RuleError as error:
            raise CommandError(str(error)) from error
        began = perf_counter()
        size = count(node, timezone.now())
        milliseconds = round((perf_counter() - began) * 1000, 1)
        words = explain(node)
        if options["json"]:
            answer = {"count": size, "milliseconds": milliseconds, "words": words}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(words)
        self.stdout.write(f"{size:,} ({milliseconds:g} ms)")


def _load(source: str) -> object:
    """The JSON of a file or of standard input. Raises CommandError with one sentence."""
    name = gettext("Standard input") if source == "-" else source
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            gettext("Cannot read %(name)s: %(error)s") % {"name": name, "error": error}
        ) from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(
            gettext("%(name)s is not JSON: %(error)s") % {"name": name, "error": error}
        ) from error
