"""Whom an operator may see (数据范围): own customers, those of the departments, or everybody."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from contacts.models import Contact, Department, Staff
from contacts.selectors.departments import subtrees
from scrm.console.models import Operator, Role


def visible_staff(operator: Operator) -> QuerySet[Staff]:
    """The staff whose customers the operator may see; nobody without a WeCom userid."""
    if operator.sees_everything:
        return Staff.objects.all()
    if not operator.staff_userid:
        return Staff.objects.none()
    own = Staff.objects.alias(key=Lower("userid")).filter(key=operator.staff_userid.lower())
    if operator.role != Role.LEAD:
        return own
    member = own.first()
    if member is None:
        return own
    wecom_ids = _below(member.department_wecom_ids)
    return Staff.objects.filter(Q(pk=member.pk) | Q(department_wecom_ids__overlap=wecom_ids))


def visible_contacts(operator: Operator) -> QuerySet[Contact]:
    """The customers the operator may see, once friends of that staff, now or before."""
    if operator.sees_everything:
        return Contact.objects.all()
    return Contact.objects.filter(
        pk__in=Contact.objects.filter(follows__staff__in=visible_staff(operator)).values("pk")
    )


def _below(department_wecom_ids: list[int]) -> list[int]:
    """WeCom numbers of these departments and all below them."""
    roots = Department.objects.filter(wecom_id__in=department_wecom_ids)
    ids = {pk for tree in subtrees(roots.values_list("pk", flat=True)).values() for pk in tree}
    return list(Department.objects.filter(pk__in=ids).values_list("wecom_id", flat=True))
