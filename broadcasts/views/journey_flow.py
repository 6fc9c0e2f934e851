"""The drawn flow of a journey (流程图), from a draft or a published definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from broadcasts.selectors.journey_words import JourneyWords

ICONS: Mapping[str, str] = {
    "wait": "hourglass_empty",
    "wait_until": "schedule",
    "condition": "call_split",
    "send": "send",
    "staff_task": "assignment_ind",
    "tag": "sell",
    "webhook": "webhook",
    "end": "stop_circle",
}


@dataclass(frozen=True)
class Count:
    """A number at a step."""

    label: str | Promise
    number: int
    colour: str = "grey"


@dataclass(frozen=True)
class Branch:
    label: str
    nodes: Sequence[Node]


@dataclass(frozen=True)
class Node:
    """One step of the drawing."""

    id: str
    kind: str
    icon: str
    title: str
    words: str
    problem: str = ""
    counts: Sequence[Count] = ()
    branches: Sequence[Branch] = ()


@dataclass(frozen=True)
class Flow:
    """The whole drawing; `entered` is how many began, None while that means nothing."""

    icon: str
    title: str
    words: str
    nodes: Sequence[Node]
    entered: int | None = None


def flow(
    definition: Mapping[str, Any],
    *,
    words: JourneyWords,
    problems: Mapping[str, str] | None = None,
    counts: Mapping[str, Sequence[Count]] | None = None,
    entered: int | None = None,
) -> Flow:
    """`problems` and `counts` are by step."""
    subject = str(definition.get("subject", ""))
    entry = definition.get("entry")
    return Flow(
        icon="bolt",
        title=words.trigger(definition),
        words=_("Only if: %(rule)s") % {"rule": words.rule(entry, subject)} if entry else "",
        nodes=_nodes(definition.get("steps"), subject, words, problems or {}, counts or {}),
        entered=entered,
    )


def _nodes(
    steps: object,
    subject: str,
    words: JourneyWords,
    problems: Mapping[str, str],
    counts: Mapping[str, Sequence[Count]],
) -> list[Node]:
    nodes = []
    for step in steps if isinstance(steps, list) else ():
        if not isinstance(step, Mapping):
            continue
        key, kind = str(step.get("id", "")), str(step.get("kind", ""))
        branches = []
        if kind == "condition":
            branches = [
                Branch(label, _nodes(step.get(name), subject, words, problems, counts))
                for name, label in (("yes", _("Yes")), ("no", _("No")))
            ]
        nodes.append(
            Node(
                id=key,
                kind=kind,
                icon=ICONS.get(kind, "help"),
                title=words.step_title(step),
                words=words.step(step, subject),
                problem=problems.get(key, ""),
                counts=counts.get(key, ()),
                branches=branches,
            )
        )
    return nodes
