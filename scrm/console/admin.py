"""The base of every admin list in the console, and the admin of the console's own tables."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.paginator import InfinitePaginator

from scrm.console.models import Operator


class ConsoleModelAdmin(ModelAdmin):
    """Lists that stay cheap at a million rows: no total count on each click, no full page links."""

    show_full_result_count = False
    paginator = InfinitePaginator
    list_per_page = 50
    list_filter_submit = True
    list_fullwidth = True
    compressed_fields = True


@admin.register(Operator)
class OperatorAdmin(UserAdmin, ConsoleModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "role", "staff_userid", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("username", "staff_userid")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Role"), {"fields": ("role", "staff_userid", "is_active", "is_staff")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2", "role", "staff_userid")}),
    )
