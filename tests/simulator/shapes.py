"""Comparing answers with captured payloads: same keys, same types, whatever the values."""

from __future__ import annotations

import json
from pathlib import Path

PAYLOADS = Path(__file__).with_name("payloads")


def payload(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def assert_shape(answer, name):
    """`answer` has the keys and types of the payload; of list elements the optional keys
    are those that some element of the payload lacks."""
    _compare(answer, [payload(name)], name)


def assert_like(answer, sample, where="answer"):
    """`answer` has the keys and types of `sample`, in the same way."""
    _compare(answer, [sample], where)


def _compare(value, samples, where):
    kinds = {type(sample) for sample in samples}
    assert type(value) in kinds, f"{where}: {type(value)} is not one of {kinds}"
    if isinstance(value, dict):
        known = set().union(*samples)
        always = set.intersection(*(set(sample) for sample in samples))
        assert set(value) <= known, f"{where}: unknown {set(value) - known}"
        assert always <= set(value), f"{where}: missing {always - set(value)}"
        for key, inner in value.items():
            _compare(inner, [s[key] for s in samples if key in s], f"{where}.{key}")
    elif isinstance(value, list):
        elements = [element for sample in samples for element in sample]
        for inner in value if elements else ():
            _compare(inner, elements, f"{where}[]")


def assert_covers(answer, sample, where="answer"):
    """`answer` has every field of `sample`, with the same types; it may have more. The elements
    of a list are taken together, so no single one needs every field.
    """
    _cover([answer], [sample], where)


def _cover(values, samples, where):
    kinds, wanted = {type(value) for value in values}, {type(sample) for sample in samples}
    assert kinds & wanted or not samples, f"{where}: {kinds or 'nothing'} instead of {wanted}"
    assert kinds <= wanted | {type(None)}, f"{where}: {kinds - wanted} instead of {wanted}"
    if dict in wanted:
        for key in set().union(*samples):
            inner = [value[key] for value in values if key in value]
            assert inner, f"{where}: no {key}"
            _cover(inner, [sample[key] for sample in samples if key in sample], f"{where}.{key}")
    elif list in wanted:
        elements = [element for sample in samples for element in sample]
        found = [element for value in values for element in value]
        if found or any(isinstance(element, dict) for element in elements):
            _cover(found, elements or found, f"{where}[]")
