"""Fetch the pictures of codes (二维码图片) once and keep them."""

from __future__ import annotations

from datetime import datetime

from contacts.models import CodePicture
from scrm import wecom


def picture_of(*, address: str, now: datetime) -> CodePicture:
    """The picture behind an address of WeCom's, fetched when nobody has asked for it before.

    Raises WeComError when it cannot be had; then nothing is kept and the next one tries again.
    """
    kept = CodePicture.objects.filter(address=address).first()
    if kept is not None:
        return kept
    content = wecom.get_gateway(hurry=True).picture(address)
    picture, _is_new = CodePicture.objects.get_or_create(
        address=address, defaults={"content": content, "fetched_at": now}
    )
    return picture
