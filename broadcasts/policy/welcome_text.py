"""The words of a welcome with names put in (欢迎语变量). Pure."""

from __future__ import annotations

import re

# Each variable under its Chinese and its English name.
CUSTOMER = ("客户昵称", "customer")
STAFF = ("员工姓名", "staff")
MOST_BYTES = 4000

_VARIABLE = re.compile(r"\{([^{}\n]{1,20})\}")


def unknown_variables(text: str) -> list[str]:
    """What stands in braces and is no variable, in order, once each."""
    found = (match.group(1).strip() for match in _VARIABLE.finditer(text))
    return list(dict.fromkeys(name for name in found if name not in (*CUSTOMER, *STAFF)))


def fill(text: str, *, customer: str, staff: str) -> str:
    """The text with its variables replaced. Names lose what would break a line of a message."""
    names = {
        **dict.fromkeys(CUSTOMER, _one_line(customer)),
        **dict.fromkeys(STAFF, _one_line(staff)),
    }
    return _VARIABLE.sub(lambda match: names.get(match.group(1).strip(), match.group(0)), text)


def _one_line(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())
