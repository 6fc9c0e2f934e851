"""The contents of uploaded files (素材内容), beside the journal: too big for its lines."""

from __future__ import annotations

from pathlib import Path


class Vault:
    """Keeps contents by media_id: in memory, or in a folder once there is one."""

    def __init__(self) -> None:
        self._memory: dict[str, bytes] = {}
        self._folder: Path | None = None

    def put(self, media_id: str, content: bytes) -> None:
        if self._folder is None:
            self._memory[media_id] = content
        else:
            self._folder.joinpath(media_id).write_bytes(content)

    def get(self, media_id: str) -> bytes | None:
        """The content, None when it is not here (any more)."""
        if self._folder is None:
            return self._memory.get(media_id)
        path = self._folder / media_id
        return path.read_bytes() if path.is_file() else None

    def move_to(self, folder: Path) -> None:
        """Keep everything in this folder from now on."""
        folder.mkdir(parents=True, exist_ok=True)
        for media_id, content in self._memory.items():
            folder.joinpath(media_id).write_bytes(content)
        self._memory.clear()
        self._folder = folder
