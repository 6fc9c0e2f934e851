"""Run the set-up check for the console, and keep what it found (体检)."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

from django.conf import settings
from django.utils import translation

from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.wecom.doctor import State, examine
from scrm.wecom.models import CheckUp

_KEPT = 20


def run_check_up(*, operator: Operator, now: datetime) -> CheckUp:
    """Examine everything now; the last twenty results are kept. Takes a second or two, half a
    minute at most when WeCom does not answer.
    """
    begun = time.monotonic()
    findings = examine(now=now)
    told = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            told[language] = [finding.told() for finding in findings]
    counts = Counter(finding.state for finding in findings)
    made = CheckUp.objects.create(
        at=now,
        seconds=round(time.monotonic() - begun, 2),
        failed=counts[State.FAIL],
        warned=counts[State.WARN],
        findings=told,
    )
    kept = CheckUp.objects.order_by("-at", "-pk").values_list("pk", flat=True)[:_KEPT]
    CheckUp.objects.exclude(pk__in=list(kept)).delete()
    record_act(
        action="doctor.run",
        operator=operator,
        now=now,
        details={"failed": made.failed, "warned": made.warned},
    )
    return made


def last_check_up() -> CheckUp | None:
    """The newest result, if there is any."""
    return CheckUp.objects.order_by("-at", "-pk").first()
