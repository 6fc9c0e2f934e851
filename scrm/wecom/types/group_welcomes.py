"""Welcome messages of groups (入群欢迎语素材)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class GroupWelcome:
    """Words, in which %NICKNAME% stands for who joined, and at most one attachment as in other
    messages: `{"msgtype": "link", "link": {…}}` (image, link, miniprogram, file, video).
    """

    text: str = ""
    attachment: Mapping[str, Any] | None = None
