"""Pictures of welcomes (欢迎语图片): kept as files like all others, uploaded ahead by `media`."""

from __future__ import annotations

from datetime import datetime

from broadcasts.models import MediaFile, Welcome, WelcomePicture
from broadcasts.policy.file_kinds import SUFFIX, look_into
from broadcasts.policy.message_limits import CONTENT_TYPES
from broadcasts.services.media_files import Upload, keep_file

MOST_BYTES = 2 * 1024 * 1024


def keep_picture(*, welcome: Welcome, use: str, content: bytes, now: datetime) -> None:
    """Store the file in place of an earlier one; its upload is due at once."""
    upload = Upload(f"{use}.{kind_of(content)}", content)
    file = keep_file(upload=upload, kind=MediaFile.Kind.IMAGE, now=now)
    WelcomePicture.objects.update_or_create(welcome=welcome, use=use, defaults={"file": file})


def kind_of(content: bytes) -> str:
    """png or jpg, by what is in the file; "" for anything else."""
    found = look_into(content).content_type
    return SUFFIX[found] if found in CONTENT_TYPES["image"] else ""
