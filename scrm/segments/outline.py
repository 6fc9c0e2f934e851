"""A rule line by line: what differs between two rules, and why a customer is in or out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Literal

from django.utils.translation import gettext as _

from scrm.segments.evaluate import evaluate, verdicts
from scrm.segments.explain import condition_words, describe, labels_of
from scrm.segments.fields import field_named
from scrm.segments.nodes import All, Any, Leaf, Node, Not, join, leaves
from scrm.segments.words import GROUP_WORDS


@dataclass(frozen=True, slots=True)
class Line:
    """A group or a condition in words, whether it holds for a customer, and for a condition her
    own value in words. `depth` is 0 for the outermost.
    """

    path: str
    depth: int
    is_group: bool
    words: str
    own: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the later rule, or one that only the earlier had."""

    kind: Literal["same", "added", "removed"]
    depth: int
    words: str


def explain_to(node: Node, values: Mapping[str, object], *, today: date) -> list[Line]:
    """Why the customer with these values is in or out, line by line in the rule's order."""
    judged = verdicts(node, values, today=today)
    labels = labels_of((verdict.leaf for verdict in judged), judged)
    return [
        Line(
            path=path,
            depth=depth,
            is_group=not isinstance(part, Leaf),
            words=condition_words(part, labels) if isinstance(part, Leaf) else _heading(part),
            own=(
                describe(field_named(part.field), values[part.field], labels)
                if isinstance(part, Leaf)
                else ""
            ),
            holds=evaluate(part, values, today=today),
        )
        for path, depth, part in _walk(node, "", 0)
    ]


def changes(before: Node, after: Node) -> list[Change]:
    """Both rules line by line: what stayed, what came, what went."""
    old, new = _lines(before), _lines(after)
    found: list[Change] = []
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            found += [Change("same", depth, words) for depth, words in new[new_from:new_to]]
            continue
        found += [Change("removed", depth, words) for depth, words in old[old_from:old_to]]
        found += [Change("added", depth, words) for depth, words in new[new_from:new_to]]
    return found


def _lines(node: Node) -> list[tuple[int, str]]:
    if node == All(()):
        return [(0, _("all customers"))]
    labels = labels_of(leaf for _path, leaf in leaves(node))
    return [
        (depth, condition_words(part, labels) if isinstance(part, Leaf) else _heading(part))
        for _path, depth, part in _walk(node, "", 0)
    ]


def _walk(node: Node, path: str, depth: int) -> Iterator[tuple[str, int, Node]]:
    """Each group and condition with its place and depth; “not” and its group are one line."""
    yield path, depth, node
    if isinstance(node, Leaf):
        return
    inner: Node = node
    if isinstance(node, Not):
        path, inner = join(path, "not"), node.part
    if isinstance(inner, Leaf | Not):
        yield from _walk(inner, path, depth + 1)
        return
    key = "all" if isinstance(inner, All) else "any"
    for index, part in enumerate(inner.parts):
        yield from _walk(part, join(path, f"{key}[{index}]"), depth + 1)


def _heading(node: Node) -> str:
    if isinstance(node, Not):
        return str(GROUP_WORDS["notAll" if isinstance(node.part, All) else "none"])
    return str(GROUP_WORDS["any" if isinstance(node, Any) else "all"])
