"""The corp on disk: a snapshot and the changes since (快照与日志).

A change is written before anybody hears of it, so a killed process comes back with everything
it ever confirmed. The files of one state folder:

    world.json           which world was built here (size, seed, day), for people to read
    snapshot.json        the whole corp at one moment, and the number of the journal after it
    journal-<n>.jsonl    one change a line: [change, fields]
    media/               the contents of uploaded files, by media_id
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

import orjson

from scrm.simulator import records
from scrm.simulator.corp import Corp
from scrm.simulator.habits import Habits
from scrm.simulator.tables import TABLES

_COMPACT_AFTER_BYTES = 64 * 1024 * 1024
_COMPACT_ON_START_BYTES = 8 * 1024 * 1024
Record = TypeVar("Record")


class Journal:
    """Keeps one corp in one folder. `open` it before the corp is shown to anybody.

    Lines go straight to the operating system: they survive the death of the process, not a
    power cut within the same second.
    """

    def __init__(self, folder: Path, corp: Corp) -> None:
        self._folder, self._corp = folder, corp
        self._number = 0
        self._size = self._snapshot_size = 0
        self._file: int | None = None

    @property
    def snapshot_path(self) -> Path:
        return self._folder / "snapshot.json"

    @property
    def journal_path(self) -> Path:
        return self._folder / f"journal-{self._number}.jsonl"

    def exists(self) -> bool:
        """Is there a corp in this folder already?"""
        return self.snapshot_path.exists()

    def create(self, description: dict[str, Any]) -> None:
        """Make the corp as it is now the first snapshot of this folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "world.json").write_bytes(
            orjson.dumps(description, option=orjson.OPT_INDENT_2)
        )
        self._corp.vault.move_to(self._folder / "media")
        self.compact()
        self._corp.journal = self

    def open(self) -> int:
        """Bring the corp back; returns how many changes were replayed on the snapshot."""
        content = self.snapshot_path.read_bytes()
        self._snapshot_size = len(content)
        saved = orjson.loads(content)
        self._number = saved.pop("journal")
        load(self._corp, saved)
        self._corp.vault.move_to(self._folder / "media")
        count = 0
        for change, changed in self._lines():
            self._corp.replay(change, changed)
            count += 1
        self._append_from_here()
        if self._size > _COMPACT_ON_START_BYTES:
            self.compact()
        self._corp.journal = self
        return count

    def append(self, change: str, fields: dict[str, Any]) -> None:
        """Write one change; the caller holds the corp's lock."""
        if self._file is None:
            raise ValueError("the journal is closed")
        line = orjson.dumps([change, fields]) + b"\n"
        os.write(self._file, line)
        self._size += len(line)
        # Never more writing for snapshots than for changes, however big the world is.
        if self._size > max(_COMPACT_AFTER_BYTES, self._snapshot_size):
            self.compact()

    def compact(self) -> None:
        """Write the whole corp anew and begin an empty journal."""
        with self._corp.lock:
            before = self.journal_path
            self._number += 1
            content = orjson.dumps({**dump(self._corp), "journal": self._number})
            temporary = self.snapshot_path.with_suffix(".tmp")
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.snapshot_path)
            self._snapshot_size = len(content)
            self.close()
            before.unlink(missing_ok=True)
            self._append_from_here()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append_from_here(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(self.journal_path, flags, 0o600)
        self._size = os.fstat(self._file).st_size

    def _lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The changes; a last line that a kill tore apart was never answered: it is cut off."""
        if not self.journal_path.exists():
            return
        whole = 0
        with self.journal_path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                change, changed = orjson.loads(line)
                whole += len(line)
                yield change, changed
        os.truncate(self.journal_path, whole)


def dump(corp: Corp) -> dict[str, Any]:
    """The whole corp as JSON values; what can be derived is left out."""
    return {
        "clock": corp.clock.state(),
        "settings": asdict(corp.settings),
        "habits": asdict(corp.habits),
        "departments": list(corp.departments.values()),
        "staff": list(corp.staff.values()),
        "contacts": list(corp.contacts.values()),
        "follow_seq": corp.follow_seq,
        "follows": [follow for own in corp.follows.values() for follow in own.values()],
        "tag_groups": list(corp.tag_groups.values()),
        "chats": list(corp.chats.values()),
        "broadcasts": list(corp.broadcasts.values()),
        "welcomes": list(corp.welcomes.values()),
        "orders": corp.orders,
        "replies": corp.replies,
        "media": list(corp.media.values()),
        "images": corp.images,
        "tokens": list(corp.tokens.values()),
        **{table: list(getattr(corp, table).values()) for table in TABLES},
    }


def load(corp: Corp, saved: dict[str, Any]) -> None:
    """Fill an empty corp from `dump`'s values."""
    corp.clock.restore(saved["clock"])
    corp.settings = _known(records.Settings, saved["settings"])
    corp.on_habits(**asdict(_known(Habits, saved.get("habits", {}))))
    corp.departments = {
        row["department_id"]: _known(records.Department, row) for row in saved["departments"]
    }
    corp.staff = {row["userid"].lower(): _known(records.Staff, row) for row in saved["staff"]}
    corp.contacts = {row["external_userid"]: records.Contact(**row) for row in saved["contacts"]}
    # In the order they were made, which both ends of a relation are listed by.
    for row in sorted(saved["follows"], key=lambda row: row["seq"]):
        corp.put_follow(records.Follow(**row))
    corp.follow_seq = saved["follow_seq"]
    _load_tags(corp, saved["tag_groups"])
    _load_chats(corp, saved["chats"])
    _load_messages(corp, saved)
    for row in saved["orders"]:
        corp.put_order(records.Order(**row))
    corp.replies = [records.Reply(**row) for row in saved["replies"]]
    corp.media = {row["media_id"]: records.Media(**row) for row in saved["media"]}
    corp.images = saved["images"]
    corp.tokens = {row["value"]: records.Token(**row) for row in saved["tokens"]}
    for table in TABLES:
        for row in saved.get(table, ()):  # a world kept before the table existed has none
            corp.on_keep(table=table, row=row)


def _load_tags(corp: Corp, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        tags = [records.Tag(**tag) for tag in row.pop("tags")]
        corp.tag_groups[row["group_id"]] = records.TagGroup(**row, tags=tags)
        corp.tags.update((tag.tag_id, tag) for tag in tags)


def _load_chats(corp: Corp, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        members = {
            member_id: records.GroupMember(**member)
            for member_id, member in row.pop("members").items()
        }
        corp.chats[row["chat_id"]] = records.GroupChat(**row, members=members)


def _load_messages(corp: Corp, saved: dict[str, Any]) -> None:
    for row in saved["broadcasts"]:
        task = corp.broadcasts[row["msgid"]] = records.Task(**row)
        for outcome in task.results.values():
            for receiver, (status, at) in outcome.items():
                if status == records.SENT:
                    corp.received[receiver].append(at)
    corp.welcomes = {row["code"]: records.Welcome(**row) for row in saved["welcomes"]}


def _known(kind: type[Record], row: dict[str, Any]) -> Record:
    """A record of `kind` from the values it still knows."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in row.items() if name in names})
