"""What other rules would have said of touches that did happen (规则预览)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from broadcasts.policy.decision import Allow, Facts, Reason, Rule
from broadcasts.policy.governor import decide, rules_for
from broadcasts.policy.history import Past, counted
from broadcasts.policy.terms import Terms


class Replay:
    """Plays the touches of customers again by some terms; rules are built once for each kind."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._built: dict[tuple[str, str], tuple[Terms, tuple[Rule, ...]]] = {}

    def left_out(
        self, known: Facts, past: Sequence[Past], *, since: datetime
    ) -> list[tuple[Past, Reason]]:
        """Marketing touches of one customer at or after `since` that would not have happened.

        `past` is in the order of time and begins early enough for the rules to count from; what
        was left out counts no more against what came after it. Hold-outs of broadcasts, promises
        and priorities of that time are not known any more and not asked.
        """
        kept: list[Past] = []
        found = []
        for touch in past:
            if touch.at < since or not touch.is_marketing:
                kept.append(touch)
                continue
            terms, rules = self._rules(touch)
            facts = counted(known, kept, (), terms, touch.at) if kept else known
            decision = decide(rules, facts, touch.at)
            if isinstance(decision, Allow):
                kept.append(touch)
            else:
                found.append((touch, decision.reason))
        return found

    def _rules(self, touch: Past) -> tuple[Terms, tuple[Rule, ...]]:
        kind = (touch.channel, touch.touch_class)
        if kind not in self._built:
            terms = replace(self._terms, channel=touch.channel, touch_class=touch.touch_class)
            self._built[kind] = (terms, rules_for(terms))
        return self._built[kind]
