"""The checks of the set-up check; apps register theirs in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scrm.wecom.doctor.findings import Group, Verdict, Words


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at. Checks change nothing, here or at WeCom.

    `look(now)` may raise WeComError. It runs after the checks named in `needs` (registered
    before it), and only when none of them failed or stayed unknown.
    """

    name: str
    group: Group
    title: Words
    look: Callable[[datetime], Verdict]
    needs: tuple[str, ...] = ()
    menu: str = ""
    docs: str = ""


_checks: dict[str, Check] = {}


def register(check: Check) -> None:
    """Add a check; raises ValueError when its name is taken or it needs an unknown one."""
    if check.name in _checks:
        raise ValueError(f"check {check.name!r} is registered twice")
    missing = [name for name in check.needs if name not in _checks]
    if missing:
        raise ValueError(f"check {check.name!r} needs {', '.join(missing)}, which do not exist")
    _checks[check.name] = check


def checks() -> list[Check]:
    """All checks in the order they are run."""
    return list(_checks.values())
