"""Variables in the words of a message (话术变量). Pure.

`{客户昵称}` becomes the customer's name; `{客户昵称|朋友}` becomes 朋友 when the name is not known.
A variable has a Chinese and an English name and stands for either a fact of the customer or one
of the staff member. A broadcast task has one text for all its customers, so that only the latter
can be filled in there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """`key` names it in code; `names` are what is typed, Chinese first."""

    key: str
    names: tuple[str, str]
    of_staff: bool = False


CUSTOMER = Variable("customer", ("客户昵称", "customer"))
REMARK = Variable("remark", ("客户备注", "remark"))
LAST_PRODUCT = Variable("last_product", ("最近购买", "last product"))
STAFF = Variable("staff", ("员工姓名", "staff"), of_staff=True)
STAFF_ALIAS = Variable("staff_alias", ("员工别名", "staff alias"), of_staff=True)
STAFF_POSITION = Variable("staff_position", ("员工职务", "staff position"), of_staff=True)

VARIABLES = (CUSTOMER, REMARK, LAST_PRODUCT, STAFF, STAFF_ALIAS, STAFF_POSITION)
OF_CUSTOMER = tuple(one for one in VARIABLES if not one.of_staff)
OF_STAFF = tuple(one for one in VARIABLES if one.of_staff)
# What a welcome can fill in within its 20 seconds.
OF_WELCOME = (CUSTOMER, STAFF)

_NAMED = {name: one for one in VARIABLES for name in one.names}
_VARIABLE = re.compile(r"\{([^{}|\n]{1,20})(?:\|([^{}|\n]{0,40}))?\}")


def used(text: str) -> list[Variable]:
    """The variables of a text, in order, once each."""
    found = (_NAMED.get(match.group(1).strip()) for match in _VARIABLE.finditer(text))
    return list(dict.fromkeys(one for one in found if one is not None))


def of_customer(text: str) -> list[Variable]:
    """Those of a text that are different for each customer."""
    return [one for one in used(text) if not one.of_staff]


def unknown(text: str, *, known: tuple[Variable, ...] = VARIABLES) -> list[str]:
    """What stands in braces and names none of the `known` variables, in order, once each."""
    names = (match.group(1).strip() for match in _VARIABLE.finditer(text))
    return list(dict.fromkeys(name for name in names if _NAMED.get(name) not in known))


def fill(text: str, values: Mapping[str, str], *, fallbacks: Mapping[str, str]) -> str:
    """The text with its variables replaced, by `key`.

    Where a value is missing or empty stands the variable's own fallback, else that of
    `fallbacks`, else nothing. What names no variable, and variables without an entry in
    `fallbacks`, stay as they are. Values lose what would break a line of a message.
    """

    def replaced(match: re.Match[str]) -> str:
        variable = _NAMED.get(match.group(1).strip())
        if variable is None or variable.key not in fallbacks:
            return match.group(0)
        value = one_line(values.get(variable.key, ""))
        own = match.group(2)
        return value or (own.strip() if own is not None else fallbacks[variable.key])

    return _VARIABLE.sub(replaced, text)


def one_line(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())
