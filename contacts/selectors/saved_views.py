"""The views an operator can open (保存的视图)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from contacts.models import DefaultView, SavedView
from scrm.console.models import Operator


def views_for(operator: Operator) -> QuerySet[SavedView]:
    """The operator's own views and those that others share."""
    return SavedView.objects.filter(Q(owner=operator) | Q(is_shared=True)).select_related("owner")


def default_view(operator: Operator) -> SavedView | None:
    """The view the operator's list opens with."""
    chosen = DefaultView.objects.filter(operator=operator).select_related("view").first()
    return chosen.view if chosen is not None else None
