"""The set-up check (企微配置体检): does everything work, and if not, what mends it?

from scrm.wecom import doctor
doctor.register(doctor.Check(…))        # in AppConfig.ready()
doctor.examine(now=timezone.now())
"""

from __future__ import annotations

from scrm.wecom.doctor.examination import examine
from scrm.wecom.doctor.findings import (
    GROUP_LABELS,
    Finding,
    Group,
    State,
    Verdict,
    fail,
    ok,
    unknown,
    warn,
)
from scrm.wecom.doctor.registry import Check, register

__all__ = [
    "GROUP_LABELS",
    "Check",
    "Finding",
    "Group",
    "State",
    "Verdict",
    "examine",
    "fail",
    "ok",
    "register",
    "unknown",
    "warn",
]
