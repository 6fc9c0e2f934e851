"""Complaints that operators may see (投诉)."""

from __future__ import annotations

from django.db.models import QuerySet

from broadcasts.models import Complaint
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator


def visible_complaints(operator: Operator) -> QuerySet[Complaint]:
    """Those of customers whom this operator may see, unordered."""
    complaints = Complaint.objects.select_related("contact", "broadcast", "recorded_by")
    if operator.sees_everything:
        return complaints
    return complaints.filter(contact__in=visible_contacts(operator).values("pk"))
