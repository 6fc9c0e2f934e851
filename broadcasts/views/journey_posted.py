"""The form of a journey read back into a draft. What was typed stays as typed: the definition's
reader says what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from broadcasts.policy.journey_definition import EXITS, GROUP, MOST_STEPS
from broadcasts.views.journey_blanks import (
    CHIPS,
    REENTRIES,
    ROW,
    Blank,
    step_blanks,
    trigger_blanks,
)
from broadcasts.views.journey_shape import walk
from contacts.selectors.named_segments import SEGMENT
from groups.models import GroupSegment
from scrm.console.fields import row_number, without_nul

_LONGEST_NUMBER = 12
_LONGEST_TEXT = 20_000
_DEEPEST = 12
_EMPTY: tuple[Any, ...] = (None, "", [])


def read_form(data: QueryDict, before: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """The draft that the form holds. What nobody changed stays as it was written in `before`."""
    steps = {str(step.get("id")): step for step in walk(before.get("steps"))}
    return {
        "format": 1,
        "subject": subject,
        "trigger": _kind(data, "trigger", before, subject),
        "entry": read_rule_blank(data, "entry", subject),
        "steps": _steps(read_json(data.get("shape", "")), data, steps, subject, 0),
        "exits": _exits(data, subject),
        "reentry": _kind(data, "reentry", before, subject),
    }


def _kind(data: QueryDict, name: str, before: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """The trigger, or the way back in."""
    kind = _text(data, f"{name}-kind")
    blanks = trigger_blanks(kind, subject) if name == "trigger" else REENTRIES.get(kind, ())
    known = before.get(name)
    same = known if isinstance(known, Mapping) and known.get("kind") == kind else {}
    return {"kind": kind, **_values(data, name, blanks, same, subject)}


def _exits(data: QueryDict, subject: str) -> list[dict[str, Any]]:
    chosen = data.getlist("exits")
    exits: list[dict[str, Any]] = [
        {"kind": kind} for kind in EXITS[subject] if kind != "segment" and kind in chosen
    ]
    if "segment" in chosen:
        rule = read_rule_blank(data, "exit", subject)
        exits.append({"kind": "segment", "rule": rule})
    kept = (read_json(text) for text in data.getlist("exits-kept"))
    return exits + [item for item in kept if isinstance(item, dict)]


def _steps(
    shape: object,
    data: QueryDict,
    before: Mapping[str, Mapping[str, Any]],
    subject: str,
    depth: int,
) -> list[dict[str, Any]]:
    if not isinstance(shape, list) or depth > _DEEPEST:
        return []
    steps = []
    for item in shape[: MOST_STEPS + 1]:
        if not isinstance(item, dict):
            continue
        step_id, kind = str(item.get("id", ""))[:24], str(item.get("kind", ""))[:24]
        blanks, known = step_blanks(kind, subject), before.get(step_id, {})
        step = {"id": step_id, "kind": kind, **_values(data, step_id, blanks, known, subject)}
        if kind == "condition":
            for branch in ("yes", "no"):
                step[branch] = _steps(item.get(branch), data, before, subject, depth + 1)
        steps.append(step)
    return steps


def shape_of(steps: object) -> list[dict[str, Any]]:
    """The tree of steps without their values, as the form carries it along."""
    shape: list[dict[str, Any]] = []
    for step in steps if isinstance(steps, list) else ():
        if not isinstance(step, Mapping):
            continue
        item: dict[str, Any] = {"id": step.get("id"), "kind": step.get("kind")}
        if step.get("kind") == "condition":
            item |= {branch: shape_of(step.get(branch)) for branch in ("yes", "no")}
        shape.append(item)
    return shape


def _values(
    data: QueryDict,
    prefix: str,
    blanks: tuple[Blank, ...],
    before: Mapping[str, Any],
    subject: str,
) -> dict[str, Any]:
    """What was entered; a blank that was left empty, or as it was shown, means its default."""
    asked = {"id", "kind", "yes", "no", *(blank.name for blank in blanks)}
    found: dict[str, Any] = {name: value for name, value in before.items() if name not in asked}
    for blank in blanks:
        name = blank.name
        value = _value(data, f"{prefix}-{name}", blank, subject)
        if value in _EMPTY:
            if name in before and before[name] in _EMPTY:
                found[name] = before[name]
        elif name in before or value != blank.default:
            found[name] = value
    return found


def _value(data: QueryDict, key: str, blank: Blank, subject: str) -> Any:
    if blank.kind == "rule":
        return read_rule_blank(data, key, subject)
    if blank.kind in _LISTS:
        return _LISTS[blank.kind](data, key, blank)
    if blank.kind == "flag":
        return key in data if f"{key}-asked" in data else blank.default
    if key not in data:
        return blank.start
    text = _text(data, key)
    if blank.kind == ROW:
        return row_number(text)
    return _number(text) if blank.kind == "number" else text


def _chips(data: QueryDict, key: str, blank: Blank) -> list[Any]:
    keys = data.getlist(key)
    return keys if blank.source == "follow.state" else _numbers(keys)


def _texts(data: QueryDict, key: str, _blank: Blank) -> list[str]:
    return data.getlist(key)


def _days(data: QueryDict, key: str, _blank: Blank) -> list[int]:
    return _numbers(data.getlist(key))


def read_rule_blank(data: QueryDict, key: str, subject: str) -> Any:
    """A rule: the segment chosen in its list, or the one written before that travels along."""
    chosen = data.get(f"{key}-segment", "")
    if chosen == "":
        return None
    number = row_number(chosen)
    if number is None:
        return read_json(data.get(key, ""))
    if subject != GROUP:
        return {"field": SEGMENT, "op": "any", "value": [number]}
    return GroupSegment.objects.filter(pk=number).values_list("rule", flat=True).first()


def read_attachments(data: QueryDict, key: str, _blank: Blank | None = None) -> list[Any]:
    """Those that are kept, then a piece of the library and a link that were added."""
    kept = [read_json(text) for text in data.getlist(key)]
    found = [item for item in kept if isinstance(item, dict)]
    material = row_number(data.get(f"{key}-material", ""))
    if material is not None:
        found.append({"msgtype": "material", "material": material})
    link = {name: _text(data, f"{key}-link-{name}") for name in ("title", "url", "desc")}
    if link["url"] or link["title"]:
        found.append({"msgtype": "link", "link": {k: v for k, v in link.items() if v}})
    return found


def _text(data: QueryDict, key: str) -> str:
    text = without_nul(data.get(key, "")).replace("\r\n", "\n")[:_LONGEST_TEXT]
    return text.strip().encode("utf-8", "replace").decode()


def _number(text: str) -> int | str:
    try:
        return int(text[:_LONGEST_NUMBER])
    except ValueError:
        return text


def _numbers(texts: list[str]) -> list[int]:
    return [number for number in map(row_number, texts) if number is not None]


def read_json(text: str) -> Any:
    """JSON that can be stored, or None."""
    try:
        found = json.loads(text)
        json.dumps(found, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return None if "\\u0000" in text or "\0" in text else found


_LISTS: Mapping[str, Callable[[QueryDict, str, Blank], list[Any]]] = {
    CHIPS: _chips,
    "weekdays": _days,
    "several": _texts,
    "attachments": read_attachments,
}
