"""What the app sees of the corp (可见范围): departments, staff, staff with customers."""

from __future__ import annotations

from datetime import datetime

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scrm import wecom
from scrm.wecom.doctor.findings import Group, Verdict, fail, ok, warn
from scrm.wecom.doctor.registry import Check

DOCS = "docs/wecom.md#step-4-open-customer-contact-to-the-app"
MENU = "应用管理 › 自建 › 可见范围"

_DEPARTMENTS_LOOKED_AT = 10
_WIDEN = _("Open your app, press 编辑 at 可见范围 and choose the departments that serve customers.")


def departments(_now: datetime) -> Verdict:
    number = len(wecom.get_gateway().departments())
    if not number:
        return fail(_("The app sees no department"), _WIDEN)
    return ok(format_lazy(_("{number} departments"), number=number))


def staff(_now: datetime) -> Verdict:
    """Some departments are enough: all of a large corp would take minutes."""
    gateway = wecom.get_gateway()
    seen = 0
    for department in gateway.departments()[:_DEPARTMENTS_LOOKED_AT]:
        seen += len(gateway.staff(department.id))
    if not seen:
        return warn(_("The first departments have no staff the app sees"), _WIDEN)
    return ok(format_lazy(_("{number} staff in the first departments"), number=seen))


def follow_staff(_now: datetime) -> Verdict:
    number = len(wecom.get_gateway().follow_staff())
    if not number:
        return fail(
            _("Nobody the app sees may have customers"),
            _("Go to 客户与上下游 › 客户联系 › 权限配置 › 使用范围 and add the staff."),
            _WIDEN,
        )
    return ok(format_lazy(_("{number} staff with the customer function"), number=number))


CHECKS = (
    Check(
        "departments",
        Group.RANGE,
        _("Departments can be read"),
        departments,
        needs=("trusted_ip",),
        menu=MENU,
        docs=DOCS,
    ),
    Check(
        "staff",
        Group.RANGE,
        _("Staff can be read"),
        staff,
        needs=("departments",),
        menu=MENU,
        docs=DOCS,
    ),
    Check(
        "follow_staff",
        Group.RANGE,
        _("Staff with customers"),
        follow_staff,
        needs=("callable_app",),
        menu="客户与上下游 › 客户联系 › 权限配置 › 使用范围",
        docs=DOCS,
    ),
)
