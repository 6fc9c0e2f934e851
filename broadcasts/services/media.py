"""Copies of our files at WeCom (素材上传与续期): uploaded on need, anew before they end.

The one way for everything that goes out: broadcasts, welcomes, journeys. A file is uploaded by
one process at a time; the others wait for its id instead of uploading it, too.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from broadcasts.models import MediaFile
from broadcasts.selectors.material_parts import Part, parts_of
from broadcasts.selectors.media import RENEW_AFTER, is_fresh, is_usable, needed_files
from broadcasts.services.media_files import content_of
from scrm import wecom
from scrm.errors import InvalidInput

log = logging.getLogger(__name__)
_ERROR_KEPT = 300


def attachments_for_wecom(
    attachments: Sequence[Mapping[str, Any]], *, now: datetime
) -> list[dict[str, Any]]:
    """Stored attachments in WeCom's form, with media ids that hold for another day at least.

    Uploads what WeCom does not have or will lose within a day; call it outside transactions.
    Raises InvalidInput for a material that cannot be sent, and the WeComError of an upload that
    failed while no older copy was left: nothing of the message has gone out then.
    """
    return filled(parts_of(attachments), now=now)


def filled(parts: Sequence[Part], *, now: datetime) -> list[dict[str, Any]]:
    """The same of parts that were looked up before."""
    return [part.whole(media_id_of(file=part.file, now=now) if part.file else "") for part in parts]


def media_id_of(*, file: MediaFile, now: datetime) -> str:
    """The id of WeCom's copy, uploaded if need be. Raises WeComError or InvalidInput.

    The row stays locked during the upload, so that everybody else who needs the file waits.
    """
    if is_fresh(file, now):
        return file.media_id
    try:
        with transaction.atomic():
            locked = MediaFile.objects.select_for_update().get(pk=file.pk)
            if not is_fresh(locked, now):
                _upload(locked, now=now)
            return locked.media_id
    except (wecom.WeComError, InvalidInput) as error:
        log.warning("file %s: %s", file.pk, error)
        words = error.advice if isinstance(error, wecom.WeComError) else str(error)
        MediaFile.objects.filter(pk=file.pk).update(error=words[:_ERROR_KEPT])
        if is_usable(file, now):
            return file.media_id
        raise


def renew_media(*, now: datetime) -> int:
    """Upload what will be needed within a day and is new or about to end; how many went well."""
    due = MediaFile.objects.filter(
        Q(uploaded_at=None) | Q(uploaded_at__lte=now - RENEW_AFTER), pk__in=needed_files(now)
    )
    return sum(_renewed(file, now=now) for file in due.order_by("pk"))


def forget_media(*, media_ids: Sequence[str]) -> int:
    """WeCom does not take these ids any more; the next need uploads anew. How many were ours."""
    given = [one for one in media_ids if one]
    return MediaFile.objects.filter(media_id__in=given).update(media_id="", uploaded_at=None)


def media_ids_in(attachments: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ids that attachments in WeCom's form carry."""
    bodies = [attachment.get(str(attachment.get("msgtype"))) for attachment in attachments]
    return [
        str(body[slot])
        for body in bodies
        if isinstance(body, Mapping)
        for slot in ("media_id", "pic_media_id")
        if body.get(slot)
    ]


def _renewed(file: MediaFile, *, now: datetime) -> bool:
    try:
        media_id_of(file=file, now=now)
    except (wecom.WeComError, InvalidInput):
        return False
    return MediaFile.objects.filter(pk=file.pk, error="").exists()


def _upload(file: MediaFile, *, now: datetime) -> None:
    receipt = wecom.get_gateway().upload_media(
        kind=file.kind, filename=file.filename, content=content_of(file)
    )
    file.media_id, file.uploaded_at, file.error = receipt.media_id, now, ""
    file.save(update_fields=["media_id", "uploaded_at", "error"])
