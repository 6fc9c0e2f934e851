"""Imports of order files (订单导入) as operators may see them."""

from __future__ import annotations

from django.db.models import QuerySet

from contacts.models import OrderImport
from scrm.console.models import Operator

# Where the trial begins within the bar of a check.
_READ, _SETTLED = 60, 66


def visible_imports(operator: Operator) -> QuerySet[OrderImport]:
    """Files name customers, so who sees only some customers sees own files alone."""
    imports = OrderImport.objects.select_related("created_by")
    return imports if operator.sees_everything else imports.filter(created_by=operator)


def percent(imported: OrderImport) -> int:
    """How far the bar of a check or an import is."""
    tried = imported.orders_done / imported.orders if imported.orders else 0.0
    if imported.step == OrderImport.Step.READ:
        return imported.read_share * _READ // 1000
    if imported.step == OrderImport.Step.SETTLE:
        return _READ
    if imported.step == OrderImport.Step.TRY:
        return _SETTLED + int(tried * (100 - _SETTLED))
    return int(tried * 100)
