"""Handing customers and groups over (在职继承, 离职继承)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

DONE, WAITING, REFUSED, RECEIVER_FULL = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class TransferRefusal:
    """One customer (or group) of a call that WeCom did not take; the others went through."""

    id: str
    code: int

    @property
    def advice(self) -> str:
        """What an operator can do about it, in the active language."""
        from scrm.wecom.codes import error_for

        return error_for(self.code, "", "").advice


@dataclass(frozen=True, slots=True)
class TransferReceipt:
    """What WeCom accepted of a call; customers change hands 24 hours later, groups at once."""

    accepted: tuple[str, ...]
    refused: tuple[TransferRefusal, ...]


@dataclass(frozen=True, slots=True)
class TransferResult:
    """`status`: 1 done, 2 waiting, 3 the customer refused, 4 the receiver is full.

    `at`: when it happened or, while waiting, will happen.
    """

    external_userid: str
    status: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class UnassignedContact:
    """A customer whose staff member left the corp (待分配客户)."""

    handover_userid: str
    external_userid: str
    left_at: datetime
