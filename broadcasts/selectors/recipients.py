"""The customers of a broadcast, and what became of each (客户接收明细)."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, Recipient
from broadcasts.selectors.reasons import reason_words
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator

State = Recipient.State


def recipients(
    broadcast: Broadcast, *, state: str = "", reason: str = "", result: str = ""
) -> QuerySet[Recipient]:
    """Recipients with customer, staff, batch and `sent_at`; "sent" as a result are those who got
    it, "open" those of whom nothing is known yet.
    """
    own = broadcast.touches.filter(contact_id=OuterRef("contact_id"))
    rows = (
        Recipient.objects.filter(broadcast=broadcast)
        .select_related("contact", "staff", "batch")
        .annotate(sent_at=Subquery(own.values("at")[:1]))
    )
    if state:
        rows = rows.filter(state=state)
    if reason:
        rows = rows.filter(reason=reason)
    got_it = broadcast.touches.values("contact_id")
    if result == "sent":
        return rows.filter(contact_id__in=got_it)
    if result == "open":
        return rows.filter(state=State.CHOSEN, result="").exclude(contact_id__in=got_it)
    return rows.filter(result=result) if result else rows


def visible_recipients(
    broadcast: Broadcast, operator: Operator, **wanted: str
) -> QuerySet[Recipient]:
    """Of the customers this operator may see."""
    rows = recipients(broadcast, **wanted)
    if operator.sees_everything:
        return rows
    return rows.filter(contact_id__in=visible_contacts(operator).values("pk"))


def outcome_words(row: Recipient) -> str:
    """What became of one of `recipients`, in one word."""
    if row.state == State.EXCLUDED:
        return reason_words(row.reason)
    if getattr(row, "sent_at", None) is not None:
        return _("Sent")
    if row.result:
        return row.get_result_display()
    if row.batch is None:
        return "–"
    is_handed = row.batch.state == "accepted"
    return _("Waiting for staff") if is_handed else row.batch.get_state_display()
