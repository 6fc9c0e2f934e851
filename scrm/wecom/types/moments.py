"""Moments for customers (客户朋友圈)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

STARTED, RUNNING, DONE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class MomentDraft:
    """A post that staff shall publish. At most nine pictures, or one video, or one link; their
    media ids come from `upload_attachment(use="moment")`.

    Without `userids` and `department_ids` everybody is asked to publish; with `tag_ids` only
    customers with one of these corp tags see it.
    """

    text: str = ""
    attachments: tuple[Mapping[str, Any], ...] = ()
    userids: tuple[str, ...] = ()
    department_ids: tuple[int, ...] = ()
    tag_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MomentJob:
    """How far the making is. `status`: 1 started, 2 running, 3 done; then either `moment_id` or
    `error_code`. `invalid_…` were left out.
    """

    status: int
    moment_id: str
    error_code: int
    invalid_userids: tuple[str, ...]
    invalid_department_ids: tuple[int, ...]
    invalid_tag_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MomentInfo:
    """A post. `create_type`: 0 by the corp, 1 by a staff member, who is its `creator`.

    `place` with `latitude` and `longitude` in degrees, as WeCom writes them; empty without.
    """

    moment_id: str
    creator: str
    created_at: datetime
    create_type: int
    is_public: bool
    text: str
    image_media_ids: tuple[str, ...]
    video_media_id: str
    thumb_media_id: str
    link_title: str
    link_url: str
    place: str
    latitude: str
    longitude: str


@dataclass(frozen=True, slots=True)
class MomentTask:
    """A staff member's part: nothing is seen before they publish."""

    userid: str
    is_published: bool


@dataclass(frozen=True, slots=True)
class MomentReaction:
    """A like or a comment (its words are not told) of a customer or of a colleague."""

    external_userid: str
    userid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MomentReactions:
    """互动数据 of one staff member's post."""

    comments: tuple[MomentReaction, ...]
    likes: tuple[MomentReaction, ...]
