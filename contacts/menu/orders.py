"""The pages of orders and products."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import (
    order_import,
    order_import_file,
    order_page,
    order_sources,
    orders,
    products,
)
from scrm.console.pages import Page, Section, register


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
        Page(
            name="products",
            path="products/",
            view=products.ProductList.as_view(),
            section=Section.COMMERCE,
            permission=products.MAY_LOOK,
            label=_("Products"),
            icon="inventory_2",
            order=20,
        ),
    ):
        register(page)
    for name, path, view in (
        ("order", "orders/<int:pk>/", order_page.OrderPage),
        ("products-role", "products/role/", products.SetRole),
        ("products-bands", "products/bands/", products.SetBands),
        ("products-download", "products/<slug:dataset>.csv", products.DownloadProducts),
        ("order-import-file", "order-imports/<int:pk>/", order_import_file.ImportFilePage),
        (
            "order-import-progress",
            "order-imports/<int:pk>/progress/",
            order_import_file.ImportProgress,
        ),
        ("order-import-format", "order-imports/<int:pk>/format/", order_import_file.ChooseFormat),
        ("order-import-check", "order-imports/<int:pk>/check/", order_import_file.CheckImport),
        ("order-import-start", "order-imports/<int:pk>/start/", order_import_file.StartImport),
        ("order-import-cancel", "order-imports/<int:pk>/cancel/", order_import_file.CancelImport),
        (
            "order-import-refused",
            "order-imports/<int:pk>/refused/",
            order_import_file.ExportRefusedLines,
        ),
        ("order-bills", "orders/bills/", order_import.SwitchBillPull),
        ("order-source-new", "order-sources/new/", order_sources.NewSource),
        ("order-source", "order-sources/<int:pk>/", order_sources.SourcePage),
        ("order-source-secret", "order-sources/<int:pk>/secret/", order_sources.RenewSecret),
        ("order-source-switch", "order-sources/<int:pk>/switch/", order_sources.SwitchSource),
        ("order-source-replay", "order-sources/<int:pk>/replay/", order_sources.ReplayDeliveries),
    ):
        register(Page(name, path, view.as_view(), Section.COMMERCE, view.permission))
