"""Whom a broadcast asks for, and whom it may ask to send (目标客户, 发送成员)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from broadcasts.models import Broadcast
from contacts.models import Staff
from contacts.selectors.visibility import visible_contacts, visible_staff
from scrm.segments.compile import to_q
from scrm.segments.fields import read_rule
from scrm.segments.nodes import Not


def picked_by(broadcast: Broadcast, *, now: datetime) -> Q:
    """A condition on ContactFacts: whom its rule picks without those it leaves out (排除人群), as
    far as whoever wrote it may see them.

    Raises RuleError when a rule can no longer be read.
    """
    picked = to_q(read_rule(broadcast.rule), now=now)
    for left_out in broadcast.without:
        picked &= to_q(Not(read_rule(left_out["rule"])), now=now)
    author = broadcast.created_by
    if author is None or author.sees_everything:
        return picked
    return picked & Q(contact_id__in=visible_contacts(author).values("pk"))


def senders_of(broadcast: Broadcast) -> list[int]:
    """The staff it may be sent by: at work, serving customers, of those asked for if any are, and
    within the sight of whoever wrote it.
    """
    staff = Staff.objects.filter(status=Staff.Status.ACTIVE, is_following=True)
    if broadcast.senders:
        staff = staff.filter(pk__in=broadcast.senders)
    author = broadcast.created_by
    if author is not None and not author.sees_everything:
        staff = staff.filter(pk__in=visible_staff(author).values("pk"))
    return list(staff.values_list("pk", flat=True))
