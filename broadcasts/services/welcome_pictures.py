"""Pictures of welcomes at WeCom: uploaded ahead, anew before they end (素材续期)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from broadcasts.models import Welcome, WelcomePicture
from scrm import wecom

log = logging.getLogger(__name__)

# WeCom keeps them three days; a day is left for trouble.
RENEW_AFTER = timedelta(days=2)
MOST_BYTES = 2 * 1024 * 1024
_KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}


def renew_pictures(*, now: datetime) -> int:
    """Upload what is new or about to end, of welcomes in use; how many went well."""
    due = WelcomePicture.objects.filter(
        Q(uploaded_at=None) | Q(uploaded_at__lte=now - RENEW_AFTER), welcome__is_active=True
    )
    return sum(_upload(picture, now=now) for picture in due.order_by("pk"))


def keep_picture(*, welcome: Welcome, use: str, content: bytes) -> None:
    """Store the file in place of an earlier one; its upload is due at once."""
    WelcomePicture.objects.update_or_create(
        welcome=welcome,
        use=use,
        defaults={
            "filename": f"{use}.{kind_of(content)}",
            "content": content,
            "media_id": "",
            "uploaded_at": None,
            "error": "",
        },
    )


def kind_of(content: bytes) -> str:
    """png or jpg, by what is in the file; "" for anything else."""
    return next((kind for start, kind in _KINDS.items() if content.startswith(start)), "")


def _upload(picture: WelcomePicture, *, now: datetime) -> bool:
    same_file = WelcomePicture.objects.filter(pk=picture.pk, content=picture.content)
    try:
        receipt = wecom.get_gateway().upload_media(
            kind="image", filename=picture.filename, content=bytes(picture.content)
        )
    except wecom.WeComError as error:
        log.warning("picture %s of welcome %s: %s", picture.use, picture.welcome_id, error)
        same_file.update(error=error.advice[:300])
        return False
    return bool(same_file.update(media_id=receipt.media_id, uploaded_at=now, error=""))
