"""The base of every admin list in the console, and the admin of the console's own tables."""

from __future__ import annotations

from typing import Any

import rest_framework.authtoken.admin  # noqa: F401 - puts the list there that is taken away below
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.models import TokenProxy
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.paginator import InfinitePaginator

from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.console.views import operator_of


class ConsoleModelAdmin(ModelAdmin):
    """Lists that stay cheap at a million rows: no total count on each click, no full page links.

    Whatever is added, changed or deleted here goes into the operation log.
    """

    show_full_result_count = False
    paginator = InfinitePaginator
    list_per_page = 50
    list_filter_submit = True
    list_fullwidth = True
    compressed_fields = True

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        # Django takes an empty `?_to_field=` for the name of a field, and fails.
        return super().get_object(request, object_id, from_field or None)

    def log_addition(self, request: HttpRequest, object: Model, message: Any) -> Any:  # noqa: A002
        _record(request, object, "add")
        return super().log_addition(request, object, message)

    def log_change(self, request: HttpRequest, object: Model, message: Any) -> Any:  # noqa: A002
        _record(request, object, "change", fields=_changed_fields(message))
        return super().log_change(request, object, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            _record(request, row, "delete", name=str(row))
        return super().log_deletions(request, queryset)


class ReadOnlyAdmin(ConsoleModelAdmin):
    """Rows that come from WeCom or are only ever appended: looked at, never edited here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# What `roles.py` comes to, in the words of who chooses.
_ROLES_IN_WORDS = _(
    "Administrators do everything, see whole phone numbers and change settings. Operators work with "
    "all customers, groups, broadcasts and figures. Department leads do so for their departments, "
    "and somebody else approves their broadcasts. Service staff see their own customers, tasks and "
    "warnings. Analysts read everything and change nothing."
)


@admin.register(Operator)
class OperatorAdmin(UserAdmin, ConsoleModelAdmin):
    """People who log in (操作员). They are switched off, not deleted: the log names them."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "role", "staff_userid", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("username", "staff_userid")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Role"), {"fields": ("role", "staff_userid", "is_active")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("username", "password1", "password2", "role", "staff_userid")},
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "role":
            field.help_text = _ROLES_IN_WORDS
        if field is not None and db_field.name == "staff_userid":
            field.help_text = _(
                "Needed for department leads and service staff: it decides whose customers they "
                "see. The list of staff shows it."
            )
        return field

    def save_model(self, request: HttpRequest, obj: Operator, form: Any, change: Any) -> None:
        # Django's flag for "may log into the admin": an operator exists for nothing else.
        obj.is_staff = True
        super().save_model(request, obj, form, change)


# What an operator may do follows from the role alone; Django's list of tokens shows them, and a
# token is made with its scope, on a page of its own.
admin.site.unregister([Group, TokenProxy])


def _record(request: HttpRequest, row: Model, verb: str, **details: Any) -> None:
    record_act(
        action=f"{row._meta.model_name}.{verb}",
        operator=operator_of(request),
        now=timezone.now(),
        subject=row,
        details=details,
    )


def _changed_fields(message: Any) -> list[str]:
    """The names of changed fields in Django's change message; values stay out of the log."""
    if not isinstance(message, list):
        return []
    return [name for part in message for name in part.get("changed", {}).get("fields", [])]
