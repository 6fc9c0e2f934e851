"""Run every check and collect what was found."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scrm import wecom
from scrm.wecom.doctor.findings import Finding, State, Verdict, of_error, unknown
from scrm.wecom.doctor.registry import Check, checks

log = logging.getLogger(__name__)

# A WeCom that does not answer costs 15 s a question; an operator waits for this page.
_PATIENCE_SECONDS = 30.0


def examine(*, now: datetime) -> list[Finding]:
    """Everything that can be said about the set-up, in the order of the registry. Never raises.

    Asks WeCom for a new token and for some lists; changes nothing.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    found: dict[str, Finding] = {}
    for check in checks():
        verdict = _blocked(check, found) or _late(end) or _looked(check, now)
        found[check.name] = Finding(
            check.name, check.group, check.title, verdict, check.menu, check.docs
        )
    return list(found.values())


def _blocked(check: Check, found: Mapping[str, Finding]) -> Verdict | None:
    for name in check.needs:
        if found[name].state in {State.FAIL, State.UNKNOWN}:
            return unknown(format_lazy(_("Mend “{title}” first."), title=found[name].title))
    return None


def _late(end: float) -> Verdict | None:
    if time.monotonic() < end:
        return None
    return unknown(_("Not looked at: the checks before took too long."))


def _looked(check: Check, now: datetime) -> Verdict:
    try:
        return check.look(now)
    except wecom.WeComError as error:
        return of_error(error)
    except Exception as error:
        # A check of any floor may break; the others still have something to say.
        log.exception("check %s broke", check.name)
        return unknown(
            format_lazy(_("The check itself broke: {error}"), error=type(error).__name__)
        )
