"""What this app puts into the console: pages, menu entries and cards, a module for each area."""

from contacts.menu import contact_list, customers, lifecycle, orders, segments, sync, tags


def register_pages() -> None:
    """Called once, from `ContactsConfig.ready()`."""
    for area in (customers, contact_list, tags, orders, segments, lifecycle, sync):
        area.register_pages()
