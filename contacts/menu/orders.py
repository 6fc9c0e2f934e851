"""The pages of orders and products."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import order_import, order_page, order_sources, orders
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
        Page(
            name="order-sources",
            path="order-sources/",
            view=order_sources.SourceList.as_view(),
            section=Section.COMMERCE,
            permission=order_sources.MAY_LOOK,
            label=_("Order sources"),
            icon="storefront",
            order=40,
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
    for name, path, view in (
        ("order", "orders/<int:pk>/", order_page.OrderPage),
        ("order-source-new", "order-sources/new/", order_sources.NewSource),
        ("order-source", "order-sources/<int:pk>/", order_sources.SourcePage),
        ("order-source-secret", "order-sources/<int:pk>/secret/", order_sources.RenewSecret),
        ("order-source-switch", "order-sources/<int:pk>/switch/", order_sources.SwitchSource),
        ("order-source-replay", "order-sources/<int:pk>/replay/", order_sources.ReplayDeliveries),
    ):
        register(Page(name, path, view.as_view(), Section.COMMERCE, view.permission))
