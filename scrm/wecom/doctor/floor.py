"""Registers the floor's own checks."""

from __future__ import annotations

from itertools import chain

from scrm.wecom.doctor.checks import (
    access,
    callbacks,
    machine,
    rights,
    security,
    settings,
    visible_range,
    work,
)
from scrm.wecom.doctor.registry import register


def register_checks() -> None:
    """What others need comes first."""
    modules = (machine, settings, access, visible_range, rights, callbacks, work, security)
    for check in chain.from_iterable(module.CHECKS for module in modules):
        register(check)
