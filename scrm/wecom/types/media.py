"""Uploaded files (素材)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MediaReceipt:
    """素材: the id is valid for three days from `created_at`."""

    media_id: str
    created_at: datetime


RUNNING, DONE, FAILED = 1, 2, 3


@dataclass(frozen=True, slots=True)
class MediaJob:
    """How far an upload by address is. `status`: 1 running, 2 done, 3 failed; then `media_id`,
    valid for three days from `created_at`, or `error_code`.
    """

    status: int
    media_id: str
    created_at: datetime | None
    error_code: int


@dataclass(frozen=True, slots=True)
class MediaFile:
    """The file behind a media id, under WeCom's name for it."""

    filename: str
    content: bytes
