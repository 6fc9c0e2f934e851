"""What one definition of a journey changes against another, in sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from broadcasts.selectors.journey_words import JourneyWords

_Definition: TypeAlias = Mapping[str, Any]
_Step: TypeAlias = Mapping[str, Any]
_BRANCHES = ("yes", "no")


def changes(before: _Definition, after: _Definition, words: JourneyWords) -> list[str]:
    """Every difference, in reading order; empty when both are the same."""
    return [*_around(before, after, words), *_steps(before, after, words)]


def steps_of(definition: _Definition) -> dict[str, _Step]:
    """The steps of a definition by id, in reading order."""
    return {str(step.get("id")): step for step, _place in _walk(definition.get("steps"), "")}


def _around(before: _Definition, after: _Definition, words: JourneyWords) -> Iterator[str]:
    subject = str(after.get("subject"))
    told = {
        _("Trigger"): (words.trigger(before), words.trigger(after)),
        _("Condition at the beginning"): tuple(
            words.rule(one.get("entry"), subject) if one.get("entry") else _("Everybody")
            for one in (before, after)
        ),
        _("Beginning again"): tuple(
            words.reentry(one.get("reentry") or {"kind": "never"}) for one in (before, after)
        ),
    }
    for name, (old, new) in told.items():
        if old != new:
            yield _("%(what)s: “%(old)s” becomes “%(new)s”.") % {
                "what": name,
                "old": old,
                "new": new,
            }
    exits = [
        [words.exit(item, subject) for item in one.get("exits") or ()] for one in (before, after)
    ]
    for old in exits[0]:
        if old not in exits[1]:
            yield _("No longer ends it early: %(what)s.") % {"what": old}
    for new in exits[1]:
        if new not in exits[0]:
            yield _("New end: %(what)s.") % {"what": new}


def _steps(before: _Definition, after: _Definition, words: JourneyWords) -> Iterator[str]:
    subject = str(after.get("subject"))
    old = {str(step.get("id")): (step, place) for step, place in _walk(before.get("steps"), "")}
    new = {str(step.get("id")): (step, place) for step, place in _walk(after.get("steps"), "")}
    for key, (step, place) in new.items():
        named = {"step": words.step_title(step), "words": words.step(step, subject)}
        if key not in old:
            yield _("New step: %(step)s (%(words)s).") % named
            continue
        was, where = old[key]
        if _bare(was) != _bare(step):
            told = words.step(was, subject)
            if told != named["words"]:
                yield _("Step “%(step)s”: “%(old)s” becomes “%(words)s”.") % {**named, "old": told}
            else:
                yield _("Step “%(step)s” has new settings.") % named
        if _neighbour(where, old, new) != _neighbour(place, new, old):
            yield _("Step “%(step)s” stands elsewhere.") % named
    for key, (step, _place) in old.items():
        if key not in new:
            yield _("Step removed: %(step)s.") % {"step": words.step_title(step)}


def _walk(steps: object, branch: str) -> Iterator[tuple[_Step, tuple[str, str]]]:
    """Each step with the branch it stands in and the step before it there."""
    previous = ""
    for step in steps if isinstance(steps, list) else ():
        if not isinstance(step, Mapping):
            continue
        key = str(step.get("id"))
        yield step, (branch, previous)
        for name in _BRANCHES:
            yield from _walk(step.get(name), f"{key}.{name}")
        previous = key


def _neighbour(
    place: tuple[str, str],
    here: Mapping[str, tuple[_Step, tuple[str, str]]],
    there: Mapping[str, tuple[_Step, tuple[str, str]]],
) -> tuple[str, str]:
    """The branch, and the nearest step before that both definitions have."""
    branch, previous = place
    while previous and previous not in there:
        previous = here[previous][1][1]
    return branch, previous


def _bare(step: _Step) -> str:
    own = {name: value for name, value in step.items() if name not in _BRANCHES}
    return json.dumps(own, sort_keys=True, default=str)
