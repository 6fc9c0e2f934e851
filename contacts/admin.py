"""Admin lists of what WeCom's directory says, and of products."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from contacts.models import Department, Product, Staff
from contacts.selectors.visibility import visible_staff
from scrm.console.admin import ConsoleModelAdmin, ReadOnlyAdmin
from scrm.console.views import operator_of


@admin.register(Staff)
class StaffAdmin(ReadOnlyAdmin):
    """Staff (成员) as WeCom names them."""

    list_display = ("name", "userid", "position", "departments", "shown_status", "is_following")
    list_filter = ("status", "is_following")
    search_fields = ("name", "userid", "alias")
    ordering = ("name", "pk")
    fields = ("name", "userid", "alias", "position", "departments", "status", "is_following")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Staff]:
        shown = super().get_queryset(request).filter(pk__in=visible_staff(operator_of(request)))
        self.department_names = dict(Department.objects.values_list("wecom_id", "name"))
        return shown

    @display(description=_("departments"))
    def departments(self, staff: Staff) -> str:
        names = (self.department_names.get(number) for number in staff.department_wecom_ids)
        return ", ".join(name for name in names if name)

    @display(
        description=_("status"),
        ordering="status",
        label={
            Staff.Status.ACTIVE: "success",
            Staff.Status.LEFT: "danger",
            Staff.Status.DISABLED: "warning",
        },
    )
    def shown_status(self, staff: Staff) -> tuple[int, str]:
        return staff.status, staff.get_status_display()


@admin.register(Department)
class DepartmentAdmin(ReadOnlyAdmin):
    """Departments (部门) with their place in the tree."""

    list_display = ("name", "wecom_id", "parent_name", "is_gone")
    list_filter = ("is_gone",)
    search_fields = ("name",)
    ordering = ("order", "name")
    fields = ("name", "wecom_id", "parent_name", "is_gone")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Department]:
        self.names = dict(Department.objects.values_list("wecom_id", "name"))
        return super().get_queryset(request)

    @display(description=_("parent"))
    def parent_name(self, department: Department) -> str:
        return self.names.get(department.parent_wecom_id, "–")


@admin.register(Product)
class ProductAdmin(ConsoleModelAdmin):
    """Products (商品) and their role in the assortment (引流款 / 活动款 / 利润款)."""

    list_display = ("name", "sku", "shown_role")
    list_filter = ("role",)
    search_fields = ("name", "sku")
    ordering = ("name",)
    fields = ("sku", "name", "role")
    readonly_fields = ("sku", "name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False

    @display(
        description=_("role"),
        ordering="role",
        label={
            Product.Role.TRAFFIC: "info",
            Product.Role.EVENT: "warning",
            Product.Role.PROFIT: "success",
        },
    )
    def shown_role(self, product: Product) -> tuple[str, str]:
        return product.role, product.get_role_display()
