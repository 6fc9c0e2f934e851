"""Chats of staff that the app made (应用群聊)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AppChat:
    """应用群聊: colleagues only; it cannot hold or reach customers."""

    chatid: str
    name: str
    owner: str
    userids: tuple[str, ...]
