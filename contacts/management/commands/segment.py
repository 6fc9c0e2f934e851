"""`manage.py segment RULE.json|ID [--json] [--why EXTERNAL_USERID]`: how many customers a rule or
a saved segment picks, what it says, and why one customer is in or out.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext

from contacts.models import Contact, Segment
from contacts.selectors.audiences import Why, count, why
from scrm.segments.explain import explain
from scrm.segments.fields import read_rule
from scrm.segments.nodes import Node
from scrm.segments.parse import RuleError


class Command(BaseCommand):
    help = "Count the customers a segment rule picks and say the rule in words."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "rule",
            metavar="RULE.json|ID",
            help="a file, - for standard input, or the number of a saved segment",
        )
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")
        parser.add_argument(
            "--why", metavar="EXTERNAL_USERID", help="why this customer is in or out"
        )

    def handle(self, *, rule: str, **options: Any) -> None:
        try:
            node = read_rule(_saved(int(rule)) if rule.isdecimal() else _load(rule))
        except RuleError as error:
            raise CommandError(str(error)) from error
        told = _why(node, options["why"]) if options["why"] else None
        began = perf_counter()
        size = count(node, timezone.now())
        milliseconds = round((perf_counter() - began) * 1000, 1)
        words = explain(node)
        if options["json"]:
            answer: dict[str, Any] = {"count": size, "milliseconds": milliseconds, "words": words}
            if told is not None:
                answer["why"] = asdict(told)
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(words)
        self.stdout.write(f"{size:,} ({milliseconds:g} ms)")
        for line in told.lines if told else ():
            own = f"  [{line.own}]" if line.own else ""
            self.stdout.write(f"{'  ' * line.depth}{'✓' if line.holds else '✗'} {line.words}{own}")


def _saved(segment_id: int) -> object:
    segment = Segment.objects.filter(pk=segment_id).first() if segment_id < 2**63 else None
    if segment is None:
        raise CommandError(gettext("There is no segment %(id)d.") % {"id": segment_id})
    return segment.rule


def _why(rule: Node, external_userid: str) -> Why:
    contact = Contact.objects.filter(external_userid=external_userid).first()
    found = why(contact.pk, rule, timezone.now()) if contact else None
    if found is None:
        raise CommandError(
            gettext("There is no customer %(id)s, or nothing is known of her yet.")
            % {"id": external_userid}
        )
    return found


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
