"""The tree of steps while it is edited: find, add, move, remove. Steps are JSON as in a draft."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, TypeAlias

Step: TypeAlias = dict[str, Any]
BRANCHES = ("yes", "no")
_WAYS: Mapping[str, int] = {"up": -1, "down": 1}


def walk(steps: object) -> Iterator[Step]:
    """Every step of a draft, a condition before its ways; what is no step is passed over."""
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            yield step
            for branch in BRANCHES:
                yield from walk(step.get(branch))


def new_id(steps: object) -> str:
    """An id that no step has."""
    taken = {step.get("id") for step in walk(steps)}
    return next(name for name in (f"s{number}" for number in count(1)) if name not in taken)


def add(steps: list[Step], *, step: Step, place: str) -> bool:
    """Put a step in: `place` is "first", "first:<condition>:yes|no" or "after:<step>"."""
    kind, _colon, rest = place.partition(":")
    if kind == "first":
        owner, _colon, branch = rest.partition(":")
        siblings = steps if not owner else _branch(steps, owner, branch)
        if siblings is None:
            return False
        siblings.insert(0, step)
        return True
    found = _siblings(steps, rest) if kind == "after" else None
    if found is None:
        return False
    siblings, index = found
    siblings.insert(index + 1, step)
    return True


def remove(steps: list[Step], step_id: str) -> bool:
    """Take a step out; the steps of a condition's ways go with it."""
    found = _siblings(steps, step_id)
    if found is None:
        return False
    siblings, index = found
    del siblings[index]
    return True


def move(steps: list[Step], step_id: str, way: str) -> bool:
    """One place up or down: past a neighbour, into a neighbouring condition, out of a branch."""
    found = _siblings(steps, step_id)
    if found is None or way not in _WAYS:
        return False
    siblings, index = found
    neighbour = index + _WAYS[way]
    if 0 <= neighbour < len(siblings):
        _past(siblings, index, neighbour)
        return True
    return _out(steps, siblings, index, way)


def _past(siblings: list[Step], index: int, neighbour: int) -> None:
    step, other = siblings[index], siblings[neighbour]
    if other.get("kind") == "condition" and step.get("kind") != "condition":
        del siblings[index]
        if neighbour > index:
            other.setdefault("yes", []).insert(0, step)
        else:
            other.setdefault("no", []).append(step)
    else:
        siblings[index], siblings[neighbour] = other, step


def _out(steps: list[Step], siblings: list[Step], index: int, way: str) -> bool:
    """Out of a branch: between the two ways of its condition, or before or behind it."""
    for owner in walk(steps):
        for branch in BRANCHES:
            if owner.get(branch) is not siblings:
                continue
            step = siblings.pop(index)
            if branch == "yes" and way == "down":
                owner.setdefault("no", []).insert(0, step)
            elif branch == "no" and way == "up":
                owner.setdefault("yes", []).append(step)
            else:
                around, place = _siblings(steps, str(owner["id"])) or (steps, len(steps))
                around.insert(place + (way == "down"), step)
            return True
    return False


def _branch(steps: list[Step], owner: str, branch: str) -> list[Step] | None:
    if branch not in BRANCHES:
        return None
    for step in walk(steps):
        if step.get("id") == owner and step.get("kind") == "condition":
            found: list[Step] = step.setdefault(branch, [])
            return found
    return None


def _siblings(steps: list[Step], step_id: str) -> tuple[list[Step], int] | None:
    """The list a step stands in, and where."""
    for index, step in enumerate(steps):
        if step.get("id") == step_id:
            return steps, index
        for branch in BRANCHES:
            inner = step.get(branch)
            found = _siblings(inner, step_id) if isinstance(inner, list) else None
            if found is not None:
                return found
    return None
