"""Say a rule, or one customer's facts, in the words of the active language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _

from scrm.segments.evaluate import Verdict
from scrm.segments.fields import Field, field_named
from scrm.segments.kinds import Kind, Takes, takes
from scrm.segments.nodes import All, Leaf, Node, Not, leaves
from scrm.segments.values import Key
from scrm.segments.words import OPERATOR_WORDS

# A sentence stays readable; whoever needs all forty tags opens the rule.
_LISTED = 8

# The words of the keys that rules and facts name, by field and key.
Labels = Mapping[str, Mapping[Key, str]]


def explain(node: Node) -> str:
    """The rule as one sentence, such as „阶段为 沉默 且（标签含任一 A、B 或 消费金额 ≥ ¥500）“.

    One query for each field whose choices are rows of a table.
    """
    if node == All(()):
        return _("all customers")
    return _sentence(node, labels_of(leaf for _path, leaf in leaves(node)))


def describe(field: Field, value: object, labels: Labels) -> str:
    """A fact or a value of a rule in words; `labels` by field name and key."""
    if value is None or value == frozenset():
        return _("none")
    if isinstance(value, tuple | set | frozenset):
        return _listed([_one(field, item, labels) for item in _in_order(value)])
    return _one(field, value, labels)


def _sentence(node: Node, labels: Labels) -> str:
    if isinstance(node, Leaf):
        return condition_words(node, labels)
    if isinstance(node, Not):
        return _("not (%(inner)s)") % {"inner": _sentence(node.part, labels)}
    joiner = _(" and ") if isinstance(node, All) else _(" or ")
    parts = [
        _bracketed(part, _sentence(part, labels), is_alone=len(node.parts) == 1)
        for part in node.parts
    ]
    # A Chinese bracket brings its own space.
    return joiner.join(parts).replace(" （", "（").replace("） ", "）")


def _bracketed(node: Node, sentence: str, *, is_alone: bool) -> str:
    if is_alone or isinstance(node, Leaf | Not) or len(node.parts) < 2:
        return sentence
    return _("(%(inner)s)") % {"inner": sentence}


def condition_words(leaf: Leaf, labels: Labels) -> str:
    """One condition as a sentence."""
    field = field_named(leaf.field)
    words = {"field": str(field.label)}
    if takes(leaf.op) is Takes.PAIR and isinstance(leaf.value, tuple):
        low, high = (_one(field, item, labels) for item in leaf.value)
        words |= {"low": low, "high": high}
    elif takes(leaf.op) is Takes.DAYS:
        words["value"] = str(leaf.value)
    else:
        words["value"] = describe(field, leaf.value, labels)
    return str(OPERATOR_WORDS[field.kind][leaf.op].sentence) % words


def _one(field: Field, value: object, labels: Labels) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return value.isoformat()
    if field.kind is Kind.MONEY and isinstance(value, int):
        return yuan(value)
    if field.choices is not None and isinstance(value, int | str):
        return labels.get(field.name, {}).get(value, str(value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float):
        number = f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
        return f"{number} {field.unit}".rstrip()
    return str(value)


def yuan(fen: int) -> str:
    """Fen as an operator writes money: ¥500, ¥1,234.50."""
    sign, fen = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}¥{fen // 100:,}" + (f".{fen % 100:02d}" if fen % 100 else "")


def _listed(words: Sequence[str]) -> str:
    shown = _(", ").join(words[:_LISTED])
    if len(words) <= _LISTED:
        return shown
    return _("%(shown)s and %(count)d more") % {"shown": shown, "count": len(words) - _LISTED}


def _in_order(values: Iterable[object]) -> list[object]:
    """A rule's list keeps its order; the set of a customer's facts has none, so it is sorted."""
    return list(values) if isinstance(values, tuple) else sorted(values, key=str)


def labels_of(conditions: Iterable[Leaf], verdicts: Sequence[Verdict] = ()) -> Labels:
    """The labels `describe` and `condition_words` need; one query for each field of rows."""
    keys: defaultdict[str, set[Key]] = defaultdict(set)
    for leaf in conditions:
        if isinstance(leaf.value, tuple):
            keys[leaf.field].update(item for item in leaf.value if isinstance(item, int | str))
    for verdict in verdicts:
        values = verdict.value
        own = values if isinstance(values, frozenset) else [values]
        keys[verdict.leaf.field].update(item for item in own if isinstance(item, int | str))
    found: dict[str, Mapping[Key, str]] = {}
    for name, wanted in keys.items():
        choices = field_named(name).choices
        if choices is not None:
            found[name] = choices.labels(list(wanted))
    return found
