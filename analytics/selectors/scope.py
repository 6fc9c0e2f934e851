"""Whose figures an operator may see."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

from django.db.models import Model, QuerySet

from contacts.models import Contact
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator

# What a role needs to see any figure.
PERMISSION = "analytics.view_contactmetrics"

# The customers that count; None means all of them and keeps the queries free of a filter.
Scope: TypeAlias = "QuerySet[Contact] | None"

EVERYBODY: Scope = None

M = TypeVar("M", bound=Model)


def scope_of(operator: Operator) -> Scope:
    """The data scope of the operator's role: all, own department, own customers."""
    return EVERYBODY if operator.sees_everything else visible_contacts(operator)


def within(rows: QuerySet[M, Any], scope: Scope, path: str = "contact_id") -> QuerySet[M, Any]:
    """`rows` of the customers in scope; `path` leads to the customer's id."""
    return rows if scope is None else rows.filter(**{f"{path}__in": scope.values("pk")})
