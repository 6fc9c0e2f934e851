"""The pages of orders and products."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import order_import, orders
from scrm.console.pages import MenuLink, Page, Section, register


def register_pages() -> None:
    for page in (
        Page(
            name="orders",
            path="orders/",
            view=orders.OrderListPage.as_view(),
            section=Section.COMMERCE,
            permission="contacts.view_order",
            label=_("Orders"),
            icon="receipt_long",
            order=10,
        ),
        Page(
            name="order-import",
            path="orders/import/",
            view=order_import.OrderImportPage.as_view(),
            section=Section.COMMERCE,
            permission="contacts.add_order",
            label=_("Import orders"),
            icon="upload_file",
            order=30,
        ),
        MenuLink(
            name="products",
            url_name="admin:contacts_product_changelist",
            section=Section.COMMERCE,
            label=_("Products"),
            permission="contacts.view_product",
            icon="inventory_2",
            order=20,
        ),
    ):
        register(page)
