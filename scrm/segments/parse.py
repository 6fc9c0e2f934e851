"""Read a rule: from JSON to nodes, or errors that name the place, the field and the fix.

`problems` finds everything that is wrong, for a page; `parse` raises the first, for a script.
Both take the vocabulary as a mapping, and `say`, which translates a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from scrm.errors import ScrmError
from scrm.segments.nodes import All, Any, Leaf, Node, Not, join
from scrm.segments.values import BadValue, FieldLike, Say, read_value

DEPTH_LIMIT = 5
CONDITION_LIMIT = 100

EVERYBODY = All(())


class RuleError(ScrmError):
    """A rule cannot be read. `path` is the place (`all[1].any[0].value`, empty for the whole
    rule), `field` the field of the condition where known, `message` the sentence without them.
    """

    code = "rule_error"

    def __init__(self, message: str, *, path: str = "", field: str = "") -> None:
        place = f"{path} ({field})" if path and field else path or field
        super().__init__(f"{place}: {message}" if place else message)
        self.message = message
        self.path = path
        self.field = field


def _as_it_is(sentence: str) -> str:
    return sentence


def parse(data: object, vocabulary: Mapping[str, FieldLike], say: Say = _as_it_is) -> Node:
    """The rule as nodes. Raises RuleError for the first thing that is wrong."""
    node, errors = problems(data, vocabulary, say)
    if node is None:
        raise errors[0]
    return node


def problems(
    data: object, vocabulary: Mapping[str, FieldLike], say: Say = _as_it_is
) -> tuple[Node | None, list[RuleError]]:
    """The rule as nodes, or None and all errors in reading order."""
    if data == {"all": []}:
        return EVERYBODY, []
    reader = _Reader(vocabulary, say)
    try:
        node = reader.node(data, "", 0)
    except RuleError as error:
        return None, [*reader.errors, error]
    return (None, reader.errors) if reader.errors else (node, [])


class _Reader:
    """Walks the JSON once. A group keeps the errors of its parts and reads on; what it then
    returns is incomplete and only of use when `errors` stayed empty.
    """

    def __init__(self, vocabulary: Mapping[str, FieldLike], say: Say) -> None:
        self._vocabulary = vocabulary
        self._say = say
        self._conditions = 0
        self.errors: list[RuleError] = []

    def node(self, data: object, path: str, depth: int) -> Node:
        _ = self._say
        if not isinstance(data, dict):
            raise RuleError(
                _("Give an object: a condition, or a group “all”, “any” or “not”."), path=path
            )
        keys = [key for key in ("all", "any", "not") if key in data]
        if not keys:
            return self._leaf(data, path)
        if len(data) > 1:
            raise RuleError(
                _("A group has one key only: “all”, “any” or “not”. Nest the rest in it."),
                path=path,
            )
        if depth == DEPTH_LIMIT:
            raise RuleError(
                _("Groups are nested deeper than %(limit)d; flatten this one.")
                % {"limit": DEPTH_LIMIT},
                path=path,
            )
        key = keys[0]
        if key == "not":
            return Not(self.node(data["not"], join(path, "not"), depth + 1))
        parts = self._parts(data[key], join(path, key), depth)
        return All(parts) if key == "all" else Any(parts)

    def _parts(self, parts: object, path: str, depth: int) -> tuple[Node, ...]:
        _ = self._say
        if not isinstance(parts, list):
            raise RuleError(_("Give a list of conditions and groups."), path=path)
        if not parts:
            raise RuleError(
                _("This group is empty; add a condition or remove the group."), path=path
            )
        nodes: list[Node] = []
        for index, part in enumerate(parts):
            try:
                nodes.append(self.node(part, f"{path}[{index}]", depth + 1))
            except RuleError as error:
                self.errors.append(error)
            if self._conditions > CONDITION_LIMIT:
                break
        return tuple(nodes)

    def _leaf(self, data: Mapping[str, object], path: str) -> Leaf:
        _ = self._say
        self._conditions += 1
        if self._conditions > CONDITION_LIMIT:
            raise RuleError(
                _("The rule has more than %(limit)d conditions; remove some.")
                % {"limit": CONDITION_LIMIT},
                path=path,
            )
        extra = sorted(str(key) for key in data if key not in {"field", "op", "value"})
        if extra:
            raise RuleError(
                _("“%(key)s” means nothing here; a condition has field, op and value.")
                % {"key": extra[0][:40]},
                path=path,
            )
        name = self._known_name(data.get("field"), join(path, "field"))
        field, op = self._vocabulary[name], data.get("op")
        if not isinstance(op, str) or op not in field.operators:
            raise RuleError(
                _("The operator of this field is one of: %(operators)s.")
                % {"operators": "  ".join(field.operators)},
                path=join(path, "op"),
                field=name,
            )
        try:
            return Leaf(name, op, read_value(field, op, data.get("value"), _))
        except BadValue as error:
            place = join(path, "value") + ("" if error.index is None else f"[{error.index}]")
            raise RuleError(str(error), path=place, field=name) from None

    def _known_name(self, name: object, path: str) -> str:
        _ = self._say
        if not isinstance(name, str) or not name:
            raise RuleError(
                _("The condition names no field; give “field”, “op” and “value”."), path=path
            )
        if name in self._vocabulary:
            return name
        near = get_close_matches(name, self._vocabulary, n=1, cutoff=0.5)
        if near:
            raise RuleError(
                _("There is no field “%(name)s”; did you mean “%(near)s”?")
                % {"name": name[:40], "near": near[0]},
                path=path,
            )
        raise RuleError(
            _("There is no field “%(name)s”. Fields are: %(fields)s.")
            % {"name": name[:40], "fields": ", ".join(sorted(self._vocabulary))},
            path=path,
        )
