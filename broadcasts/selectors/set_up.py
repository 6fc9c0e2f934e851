"""What the set-up check looks at in sending: batches that stand still (卡住的批次)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Batch
from scrm.wecom import doctor

# Reconciling asks WeCom after two minutes; what is open much longer waits for a worker.
_STILL = timedelta(minutes=30)


def stuck_batches(now: datetime) -> doctor.Verdict:
    open_since = Batch.objects.filter(
        state__in=[Batch.State.SUBMITTING, Batch.State.UNKNOWN], intent_at__lte=now - _STILL
    )
    number = open_since.count()
    if not number:
        return doctor.ok(_("no batch stands still"))
    return doctor.fail(
        format_lazy(_("{number} batches have been open for half an hour"), number=number),
        _("Start the worker of the queue broadcasts; it looks at WeCom before it repeats any."),
        _("Open the broadcasts in state “Submitting”: each batch says what it waits for."),
    )


def register_checks() -> None:
    doctor.register(
        doctor.Check(
            "batches_move",
            doctor.Group.WORK,
            _("Batches being submitted"),
            stuck_batches,
            needs=("postgres",),
            docs="docs/operations.md#what-runs",
        )
    )
