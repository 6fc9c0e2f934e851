"""Console pages of this app and their menu entries."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import contact_list, order_import, orders, profile, tags
from scrm.console.pages import MenuLink, Page, Section, register


def register_pages() -> None:
    for page in (*_pages(), *_hidden_pages(), *_links()):
        register(page)


def _pages() -> list[Page]:
    return [
        Page(
            name="contacts",
            path="contacts/",
            view=contact_list.ContactListPage.as_view(),
            section=Section.CONTACTS,
            permission="contacts.view_contact",
            label=_("Customer list"),
            icon="group",
            order=10,
        ),
        Page(
            name="tags",
            path="tags/",
            view=tags.TagListPage.as_view(),
            section=Section.CONTACTS,
            permission="contacts.view_tag",
            label=_("Customer tags"),
            icon="sell",
            order=20,
        ),
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
    ]


def _hidden_pages() -> list[Page]:
    return [
        Page(
            name="contact",
            path="contacts/<int:pk>/",
            view=profile.ContactPage.as_view(),
            section=Section.CONTACTS,
            permission="contacts.view_contact",
        ),
        Page(
            name="contact-export",
            path="contacts/export/",
            view=contact_list.ExportContacts.as_view(),
            section=Section.CONTACTS,
            permission="contacts.export_contact",
        ),
    ]


def _links() -> list[MenuLink]:
    return [
        MenuLink(
            name="products",
            url_name="admin:contacts_product_changelist",
            section=Section.COMMERCE,
            label=_("Products"),
            permission="contacts.view_product",
            icon="inventory_2",
            order=20,
        ),
        MenuLink(
            name="staff",
            url_name="admin:contacts_staff_changelist",
            section=Section.SETTINGS,
            label=_("Staff"),
            permission="contacts.view_staff",
            icon="badge",
            order=15,
        ),
        MenuLink(
            name="departments",
            url_name="admin:contacts_department_changelist",
            section=Section.SETTINGS,
            label=_("Departments"),
            permission="contacts.view_department",
            icon="account_tree",
            order=16,
        ),
    ]
