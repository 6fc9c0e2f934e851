"""What each role may do, as patterns over Django's permission names; a leading "-" takes away."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from django.contrib.auth.backends import ModelBackend

from scrm.console.models import Operator, Role

PERMISSIONS: dict[str, tuple[str, ...]] = {
    Role.ADMIN: ("*",),
    Role.OPERATOR: (
        "contacts.*",
        "-contacts.see_full_phone",
        "groups.*",
        "broadcasts.*",
        # A program that adds an address sends data out of the house.
        "-broadcasts.use_webhook_api",
        "analytics.*",
        "console.*_sharelink",
        "wecom.view_*",
        "wecom.run_sync",
        "audit.view_*",
    ),
    Role.LEAD: (
        "contacts.view_*",
        # What shops send names buyers of everybody.
        "-contacts.view_ordersource",
        "-contacts.view_orderdelivery",
        "contacts.change_contact",
        "contacts.add_contactnote",
        "contacts.add_stafftask",
        "contacts.change_stafftask",
        "groups.view_*",
        "broadcasts.view_*",
        # The addresses of webhooks may hold keys of other systems.
        "-broadcasts.view_webhook*",
        "broadcasts.add_complaint",
        "broadcasts.add_broadcast",
        "broadcasts.change_broadcast",
        "analytics.view_*",
        "analytics.change_churnalert",
        # Of her own departments' figures.
        "analytics.add_reportplan",
        "analytics.change_reportplan",
        "console.*_sharelink",
    ),
    Role.STAFF: (
        "contacts.view_contact",
        "contacts.view_contactnote",
        "contacts.add_contactnote",
        "contacts.view_stafftask",
        "contacts.change_stafftask",
        "analytics.view_churnalert",
        "analytics.change_churnalert",
        "groups.view_groupchat",
    ),
    Role.ANALYST: (
        "contacts.view_*",
        "-contacts.view_ordersource",
        "-contacts.view_orderdelivery",
        "groups.view_*",
        "broadcasts.view_*",
        "-broadcasts.view_webhook*",
        "analytics.view_*",
        "console.*_sharelink",
    ),
}


def allows(role: str, permission: str) -> bool:
    """Whether the table above gives a role this permission."""
    patterns = PERMISSIONS[role]
    taken = (pattern[1:] for pattern in patterns if pattern.startswith("-"))
    return any(fnmatchcase(permission, pattern) for pattern in patterns) and not any(
        fnmatchcase(permission, pattern) for pattern in taken
    )


def roles_with(permission: str) -> list[Role]:
    return [role for role in Role if allows(role, permission)]


class RoleBackend(ModelBackend):
    """Password log-in; permissions follow from the operator's role alone."""

    def has_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        if not user_obj.is_active or not isinstance(user_obj, Operator):
            return False
        return allows(user_obj.role, perm)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not user_obj.is_active or not isinstance(user_obj, Operator):
            return False
        return any(
            pattern == "*" or pattern.startswith(f"{app_label}.")
            for pattern in PERMISSIONS[user_obj.role]
        )
