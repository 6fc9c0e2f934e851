"""May we write to this customer group now? (客户群触达规则)

One form serves the dry run and the freezing: a corp has thousands of groups, not millions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class GroupReason(StrEnum):
    """Why a group is not written to; the words are in `broadcasts.selectors.reasons`."""

    DISSOLVED = "dissolved"
    HANDING_OVER = "handing_over"
    NO_OWNER = "no_owner"
    OWNER_LEFT = "owner_left"
    OWNER_MAY_NOT = "owner_may_not"
    NOT_A_SENDER = "not_a_sender"
    GROUP_CAP = "group_cap"
    GROUP_QUOTA = "group_quota"
    HELD_OUT = "held_out"


@dataclass(frozen=True)
class GroupTerms:
    """`daily_cap` is our own rule, None while it is switched off; `quota` is WeCom's, of its
    running period. Service messages are owed: neither cap nor hold-out applies.
    """

    daily_cap: int | None
    quota: int
    is_service: bool = False


@dataclass(frozen=True)
class GroupFacts:
    """What is known of one group. The counts are of broadcasts by the day and by the period of
    WeCom's quota, together with those that unfinished broadcasts have already promised.
    """

    is_dissolved: bool = False
    is_handing_over: bool = False
    is_owner_known: bool = True
    is_owner_there: bool = True
    may_owner_send: bool = True
    is_owner_asked: bool = True
    day_used: int = 0
    quota_used: int = 0
    is_held_out: bool = False


def group_reason(facts: GroupFacts, terms: GroupTerms) -> GroupReason | None:
    """The first reason against it, None when it may be written to. The hold-out is last: it is
    drawn among the allowed.
    """
    over_cap = terms.daily_cap is not None and facts.day_used >= terms.daily_cap
    against = (
        (facts.is_dissolved, GroupReason.DISSOLVED),
        (facts.is_handing_over, GroupReason.HANDING_OVER),
        (not facts.is_owner_known, GroupReason.NO_OWNER),
        (not facts.is_owner_there, GroupReason.OWNER_LEFT),
        (not facts.may_owner_send, GroupReason.OWNER_MAY_NOT),
        (not facts.is_owner_asked, GroupReason.NOT_A_SENDER),
        (over_cap and not terms.is_service, GroupReason.GROUP_CAP),
        (facts.quota_used >= terms.quota, GroupReason.GROUP_QUOTA),
        (facts.is_held_out and not terms.is_service, GroupReason.HELD_OUT),
    )
    return next((reason for applies, reason in against if applies), None)
