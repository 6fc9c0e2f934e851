"""Keep original files (素材文件存储): once for each content, never changed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from broadcasts.models import MediaFile
from broadcasts.policy.file_kinds import OTHER, SUFFIX, look_into
from broadcasts.policy.message_limits import CONTENT_TYPES, FILE_BYTES, LEAST_FILE_BYTES
from scrm.errors import InvalidInput

_LONGEST_NAME = 100
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\"*/:<>?\\|]")
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file as somebody gave it."""

    filename: str
    content: bytes


def file_problem(upload: Upload, kind: str) -> str:
    """What WeCom would refuse about it, as a sentence; "" when nothing."""
    size = len(upload.content)
    if size < LEAST_FILE_BYTES:
        return _("The file is empty. Choose another.")
    if size > FILE_BYTES[kind]:
        message = _("The file has %(size)s MB; WeCom takes %(most)d MB. Make it smaller.")
        return message % {
            "size": f"{size / _MEGABYTE:.1f}",
            "most": FILE_BYTES[kind] // _MEGABYTE,
        }
    found = look_into(upload.content).content_type
    if kind == MediaFile.Kind.IMAGE and found not in CONTENT_TYPES[kind]:
        return _("Choose a JPG or PNG picture. This file is something else, whatever its name.")
    if kind == MediaFile.Kind.VIDEO and found not in CONTENT_TYPES[kind]:
        return _("Choose an MP4 video. This file is something else, whatever its name.")
    return ""


def keep_file(*, upload: Upload, kind: str, now: datetime) -> MediaFile:
    """The row of this content, made if it is new. Its upload to WeCom comes later.

    Raises InvalidInput naming `file` for what WeCom does not take.
    """
    problem = file_problem(upload, kind)
    if problem:
        raise InvalidInput(problem, field="file")
    found = look_into(upload.content)
    digest = hashlib.sha256(upload.content).hexdigest()
    row = MediaFile(
        digest=digest,
        kind=kind,
        filename=_name_of(upload.filename, kind, digest, found.content_type),
        content_type=found.content_type,
        size=len(upload.content),
        width=found.width,
        height=found.height,
        created_at=now,
    )
    _store(row.path, upload.content)
    # Whoever keeps the same file at the same moment gets the same row.
    MediaFile.objects.bulk_create([row], ignore_conflicts=True)
    return MediaFile.objects.get(digest=digest, kind=kind, filename=row.filename)


def content_of(file: MediaFile) -> bytes:
    """The original. Raises InvalidInput when it is gone from the media directory."""
    try:
        with default_storage.open(file.path) as stored:
            return bytes(stored.read())
    except FileNotFoundError:
        message = _("The original of %(name)s is missing in the media directory. Restore it.")
        raise InvalidInput(message % {"name": file.filename}, field="attachments") from None


def _store(path: str, content: bytes) -> None:
    if default_storage.exists(path):
        return
    stored = default_storage.save(path, ContentFile(content))
    if stored != path:  # somebody else stored the same content first
        default_storage.delete(stored)


def _name_of(given: str, kind: str, digest: str, content_type: str) -> str:
    """Customers see the name of a file; of pictures and videos only the ending matters."""
    if kind != MediaFile.Kind.FILE and content_type != OTHER:
        return f"{digest[:12]}.{SUFFIX[content_type]}"
    name = _NOT_IN_NAMES.sub("", PurePosixPath(given.replace("\\", "/")).name).strip(" .")
    path = PurePosixPath(name or "file")
    return path.stem[: _LONGEST_NAME - len(path.suffix[:16])] + path.suffix[:16]
