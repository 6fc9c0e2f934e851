"""What the pretend corp remembers, and the one place through which it changes."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from threading import RLock
from typing import Any, Protocol

from scrm.simulator import records, tables
from scrm.simulator.callbacks import Callbacks
from scrm.simulator.calls import Calls
from scrm.simulator.clock import Clock
from scrm.simulator.errors import Impossible
from scrm.simulator.faults import Faults
from scrm.simulator.habits import Habits
from scrm.simulator.identity import Identity
from scrm.simulator.limits import Limits
from scrm.simulator.vault import Vault

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ROOT_DEPARTMENT = 1


class Recorder(Protocol):
    """Where changes are written before anybody hears that they happened."""

    def append(self, change: str, fields: dict[str, Any]) -> None: ...


class State:
    """The memory of the corp.

    Every change is a method `on_<change>` that takes plain JSON values and decides nothing by
    chance or by clock; `record` is its only caller besides the replay of the journal and the
    building of a world. So the journal alone brings back the same corp.
    """

    def __init__(self, identity: Identity | None = None) -> None:
        self.lock = RLock()
        self.identity = identity or Identity()
        self.settings = records.Settings()
        self.habits = Habits()
        self.chance = self.habits.chance("acts")  # who acts when nobody is named
        self.clock = Clock()
        self.clock.on_change = self._record_clock
        self.faults = Faults()
        self.limits = Limits()
        self.calls = Calls()
        self.callbacks = Callbacks(self.identity)
        self.vault = Vault()
        self.journal: Recorder | None = None
        self._random = random.Random()  # noqa: S311 - ids of a pretend world
        self.clear()

    def clear(self) -> None:
        """Empty the world: what is left is the corp with its root department."""
        root = records.Department(ROOT_DEPARTMENT, "云岭茶业", 0, 100_000_000, "Yunling Tea")
        self.departments: dict[int, records.Department] = {ROOT_DEPARTMENT: root}
        self.staff: dict[str, records.Staff] = {}  # by lower-cased userid
        self.contacts: dict[str, records.Contact] = {}
        self.follows: dict[str, dict[str, records.Follow]] = defaultdict(dict)
        self.followers: dict[str, dict[str, records.Follow]] = defaultdict(dict)
        self.follow_seq = 0
        self.tag_groups: dict[str, records.TagGroup] = {}
        self.tags: dict[str, records.Tag] = {}
        self.chats: dict[str, records.GroupChat] = {}
        self.broadcasts: dict[str, records.Task] = {}
        self.received: dict[str, list[int]] = defaultdict(list)  # customer or chat → sent at
        self.welcomes: dict[str, records.Welcome] = {}
        self.orders: list[records.Order] = []
        self.orders_by_id: dict[str, records.Order] = {}
        self.replies: list[records.Reply] = []
        self.media: dict[str, records.Media] = {}
        self.images: list[int] = []  # when each uploadimg happened
        self.tokens: dict[str, records.Token] = {}
        self.refused_logins: list[float] = []  # steady seconds of the last hour
        self.contact_ways: dict[str, tables.ContactWay] = {}
        self.join_ways: dict[str, tables.JoinWay] = {}
        self.links: dict[str, tables.Link] = {}
        self.quota_lines: dict[str, tables.QuotaLine] = {}
        self.chat_keys: dict[str, tables.ChatKey] = {}
        self.temp_chats: dict[str, tables.TempChat] = {}
        self.strategies: dict[int, tables.Strategy] = {}
        self.transfers: dict[str, tables.Transfer] = {}
        self.moments: dict[str, tables.Moment] = {}
        self.group_welcomes: dict[str, tables.GroupWelcome] = {}
        self.word_rules: dict[str, tables.WordRule] = {}
        self.products: dict[str, tables.Product] = {}
        self.media_jobs: dict[str, tables.MediaJob] = {}
        self.app_chats: dict[str, tables.AppChat] = {}
        self.app_messages: dict[str, tables.AppMessage] = {}
        self.login_codes: dict[str, tables.LoginCode] = {}
        self.bills: dict[str, tables.Bill] = {}
        self.sayings: dict[str, tables.Saying] = {}

    def record(self, change: str, /, **fields: Any) -> Any:
        """Change the world and write the change down; both, before anybody gets an answer."""
        with self.lock:
            outcome = getattr(self, f"on_{change}")(**fields)
            if self.journal is not None:
                self.journal.append(change, fields)
            return outcome

    def keep(self, table: str, row: Any) -> None:
        """Put a record of `tables.TABLES` into its table."""
        self.record("keep", table=table, row=asdict(row))

    def catch_up(self) -> None:
        """Do what time alone brings about; called before every look at the world."""

    def replay(self, change: str, fields: dict[str, Any]) -> None:
        """Repeat a change that was written down earlier."""
        getattr(self, f"on_{change}")(**fields)

    def on_clock(self, **state: float) -> None:
        self.clock.restore(state)

    def on_settings(self, **changed: Any) -> None:
        for name, value in changed.items():
            setattr(self.settings, name, value)

    def on_habits(self, **changed: Any) -> None:
        for name, value in changed.items():
            setattr(self.habits, name, value)
        self.chance = self.habits.chance("acts")

    def on_keep(self, *, table: str, row: dict[str, Any]) -> None:
        kind, key = tables.TABLES[table]
        getattr(self, table)[row[key]] = kind(**row)

    def on_edit(self, *, table: str, id: str, **changed: Any) -> None:  # noqa: A002
        for name, value in changed.items():
            setattr(getattr(self, table)[id], name, value)

    def on_drop(self, *, table: str, id: str) -> None:  # noqa: A002
        del getattr(self, table)[id]

    def new_id(self, prefix: str, length: int = 30) -> str:
        """A fresh id in WeCom's manner."""
        return prefix + "".join(self._random.choices(ALPHABET, k=length))

    def derived_id(self, seed: str, length: int) -> str:
        """An id that is always the same for one corp and seed."""
        chance = random.Random(f"{self.identity.corp_id}{seed}")  # noqa: S311 - likewise
        return "".join(chance.choices(ALPHABET, k=length))

    def seconds(self, at: datetime | None) -> int:
        """`at` as unix seconds; the world's present when None."""
        return self.clock.timestamp() if at is None else int(at.timestamp())

    def staff_named(self, userid: str) -> records.Staff:
        """The staff member, whatever the case of the userid; raises Impossible."""
        staff = self.staff.get(userid.lower())
        if staff is None:
            raise Impossible(f"no staff member {userid!r}", field="userid")
        return staff

    def contact_named(self, external_userid: str) -> records.Contact:
        contact = self.contacts.get(external_userid)
        if contact is None:
            raise Impossible(f"no person {external_userid!r}", field="external_userid")
        return contact

    def _record_clock(self) -> None:
        with self.lock:
            self.record("clock", **self.clock.state())
            self.catch_up()
