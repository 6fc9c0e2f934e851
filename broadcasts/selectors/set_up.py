"""What the set-up check looks at in sending: batches that stand still, pictures about to end
(卡住的批次, 素材有效期).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Batch, MediaFile
from broadcasts.selectors.media import needed_files
from scrm.wecom import doctor
from scrm.wecom.maxima import MEDIA_LIFETIME

# Reconciling asks WeCom after two minutes; what is open much longer waits for a worker.
_STILL = timedelta(minutes=30)
# Pictures are renewed a day before they end; half of it may pass in trouble.
_NEAR_THE_END = timedelta(hours=12)


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


def pictures_in_time(now: datetime) -> doctor.Verdict:
    used = MediaFile.objects.filter(pk__in=needed_files(now))
    ending = used.filter(uploaded_at__lte=now - MEDIA_LIFETIME + _NEAR_THE_END)
    number = ending.count()
    failed = used.exclude(error="").values_list("error", flat=True).first()
    if not number and not failed:
        return doctor.ok(format_lazy(_("{number} files at WeCom"), number=used.count()))
    return doctor.warn(
        format_lazy(_("{number} files end within twelve hours"), number=number)
        if number
        else format_lazy(_("A file could not be uploaded: {error}"), error=failed),
        _("Start the workers: files are uploaded anew by themselves."),
        _("A welcome goes out without a picture whose copy at WeCom has ended."),
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
    doctor.register(
        doctor.Check(
            "pictures_in_time",
            doctor.Group.WORK,
            _("Files of messages"),
            pictures_in_time,
            needs=("postgres",),
            docs="docs/operations.md#the-server-check",
        )
    )
