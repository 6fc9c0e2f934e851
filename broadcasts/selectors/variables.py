"""What variables stand for (话术变量取值): facts of a customer and of a staff member."""

from __future__ import annotations

from django.utils.translation import gettext as _

from broadcasts.policy import variables
from broadcasts.policy.message_limits import TEXT_BYTES
from contacts.models import Contact, Follow, OrderItem, Staff


def fallbacks_of_staff() -> dict[str, str]:
    """What stands in a message where a fact of the staff member is not known."""
    return {
        variables.STAFF.key: _("your adviser"),
        variables.STAFF_ALIAS.key: _("your adviser"),
        variables.STAFF_POSITION.key: _("adviser"),
    }


def fallbacks_of_customer() -> dict[str, str]:
    return {
        variables.CUSTOMER.key: _("friend"),
        variables.REMARK.key: _("friend"),
        variables.LAST_PRODUCT.key: _("your last purchase"),
    }


def values_of_staff(staff: Staff) -> dict[str, str]:
    return {
        variables.STAFF.key: staff.name,
        variables.STAFF_ALIAS.key: staff.alias or staff.name,
        variables.STAFF_POSITION.key: staff.position,
    }


def values_of_customer(contact: Contact, staff: Staff | None) -> dict[str, str]:
    """The remark is the one that this staff member gave; two queries."""
    remark = ""
    if staff is not None:
        follow = Follow.objects.filter(contact=contact, staff=staff).first()
        remark = follow.remark if follow is not None else ""
    last = (
        OrderItem.objects.filter(order__contact=contact)
        .select_related("product")
        .order_by("-order__paid_at", "-order_id", "pk")
        .first()
    )
    return {
        variables.CUSTOMER.key: contact.name,
        variables.REMARK.key: remark or contact.name,
        variables.LAST_PRODUCT.key: last.product.name if last is not None else "",
    }


def fill_for_batch(text: str, staff: Staff) -> str:
    """The text of one task: facts of its sender are filled in, customers' stay for nobody.

    Values that would make it longer than WeCom takes give way to the neutral words.
    """
    neutral = fallbacks_of_staff()
    filled = variables.fill(text, values_of_staff(staff), fallbacks=neutral)
    if len(filled.encode()) > TEXT_BYTES:
        return variables.fill(text, {}, fallbacks=neutral)
    return filled


def fill_for_customer(text: str, contact: Contact, staff: Staff | None) -> str:
    """A text that goes to one customer alone: a journey's step with one recipient, a task's text.

    Asks the database only for what the text names.
    """
    if not variables.used(text):
        return text
    values = values_of_customer(contact, staff) | (values_of_staff(staff) if staff else {})
    return variables.fill(text, values, fallbacks=fallbacks_of_customer() | fallbacks_of_staff())
