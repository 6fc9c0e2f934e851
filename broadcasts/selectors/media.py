"""Which files WeCom has, and which it will need soon (素材有效期)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from broadcasts.models import (
    Broadcast,
    BroadcastPlan,
    MediaFile,
    Variant,
    Welcome,
    WelcomePicture,
)
from broadcasts.policy.references import references_in
from broadcasts.selectors.material_parts import versions_of
from scrm.wecom.maxima import MEDIA_LIFETIME

# WeCom keeps them three days; a day is left for trouble, and for staff who confirm late.
RENEW_AFTER = MEDIA_LIFETIME - timedelta(days=1)
_MARGIN = timedelta(minutes=10)
_SOON = timedelta(days=1)
_State = Broadcast.State


def is_fresh(file: MediaFile, now: datetime) -> bool:
    """WeCom has it for another day at least."""
    return file.uploaded_at is not None and file.uploaded_at > now - RENEW_AFTER


def is_usable(file: MediaFile, now: datetime) -> bool:
    """WeCom takes its id now."""
    return file.uploaded_at is not None and file.uploaded_at > now - MEDIA_LIFETIME + _MARGIN


def needed_files(now: datetime) -> set[int]:
    """The keys of files that may go out within a day."""
    references = {one for content in _contents(now) for one in references_in(content)}
    named = (version.file_id for version in versions_of(references).values())
    pictures = WelcomePicture.objects.filter(welcome__is_active=True)
    return {key for key in (*named, *pictures.values_list("file_id", flat=True)) if key}


def _contents(now: datetime) -> Iterator[object]:
    """Everything with attachments that may be sent within a day."""
    soon = now + _SOON
    coming = Q(state__in=[_State.SCHEDULED, _State.FREEZING], window_start__lte=soon)
    sending = coming | Q(state=_State.SUBMITTING)
    broadcasts = Broadcast.objects.filter(sending)
    yield from broadcasts.values_list("attachments", flat=True)
    yield from Variant.objects.filter(broadcast__in=broadcasts).values_list(
        "attachments", flat=True
    )
    plans = BroadcastPlan.objects.filter(is_active=True, next_at__lte=soon)
    yield from plans.values_list("attachments", flat=True)
    yield from Welcome.objects.filter(is_active=True).values_list("attachments", flat=True)
