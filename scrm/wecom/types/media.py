"""Uploaded files (素材)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MediaReceipt:
    """素材: the id is valid for three days from `created_at`."""

    media_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MediaFile:
    """The file behind a media id, under WeCom's name for it."""

    filename: str
    content: bytes
