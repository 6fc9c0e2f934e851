"""What a check says: a verdict of its own, and the finding that is shown for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from scrm import wecom

# Texts stay lazy until they are shown, so that one run can be told in every language.
Words = str | Promise

# Errors carry the address the call came from: "…, from ip: 203.0.113.7, more info at …".
_FROM_IP = re.compile(r"from ip: ([0-9A-Fa-f.:]+[0-9A-Fa-f])")


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Group(StrEnum):
    """The chapters of the check (体检分组), in the order they are shown."""

    SETTINGS = "settings"
    ACCESS = "access"
    RANGE = "range"
    RIGHTS = "rights"
    CALLBACKS = "callbacks"
    WORK = "work"
    MACHINE = "machine"
    SECURITY = "security"


GROUP_LABELS: dict[Group, Promise] = {
    Group.SETTINGS: _("Settings of the corp"),
    Group.ACCESS: _("Access to WeCom"),
    Group.RANGE: _("Visible range"),
    Group.RIGHTS: _("API permissions"),
    Group.CALLBACKS: _("Callbacks"),
    Group.WORK: _("Data and background work"),
    Group.MACHINE: _("Server"),
    Group.SECURITY: _("Security"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check saw; `mend` are the steps to take, `copy` a value to be pasted there."""

    state: State
    seen: Words = ""
    mend: tuple[Words, ...] = ()
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the set-up check. `name` is stable; `menu` is the way through WeCom's admin
    pages in their own words; `docs` the chapter that says more.
    """

    name: str
    group: Group
    title: Words
    verdict: Verdict
    menu: str = ""
    docs: str = ""

    @property
    def state(self) -> State:
        return self.verdict.state

    def told(self) -> dict[str, Any]:
        """Plain JSON values, in the active language."""
        return {
            "name": self.name,
            "group": self.group.value,
            "title": str(self.title),
            "state": self.state.value,
            "seen": str(self.verdict.seen),
            "mend": [str(step) for step in self.verdict.mend],
            "menu": self.menu,
            "docs": self.docs,
            "copy": self.verdict.copy,
        }


def ok(seen: Words = "") -> Verdict:
    return Verdict(State.OK, seen)


def warn(seen: Words, *mend: Words) -> Verdict:
    """Works, but somebody should look at it."""
    return Verdict(State.WARN, seen, mend)


def fail(seen: Words, *mend: Words, copy: str = "") -> Verdict:
    return Verdict(State.FAIL, seen, mend, copy)


def unknown(seen: Words, *mend: Words) -> Verdict:
    """Could not be looked at; says why."""
    return Verdict(State.UNKNOWN, seen, mend)


def of_error(error: wecom.WeComError) -> Verdict:
    """WeCom's no as a verdict; a pause it asks for is no fault."""
    if isinstance(error, (wecom.RateLimited, wecom.Busy)):
        return unknown(str(error), advice(error))
    return fail(str(error), advice(error), copy=address_in(error))


def advice(error: wecom.WeComError) -> Words:
    """The error's advice, in the language it is shown in."""
    return lazy(lambda: error.advice, str)()


def address_in(error: wecom.WeComError) -> str:
    """The address WeCom saw us come from, "" when it did not say."""
    found = _FROM_IP.search(error.message)
    return found[1] if found else ""
