"""What this app puts into the console: pages, menu entries and cards, a module for each area."""

from contacts.menu import customers, lifecycle, orders, segments, sync


def register_pages() -> None:
    """Called once, from `ContactsConfig.ready()`."""
    for area in (customers, orders, segments, lifecycle, sync):
        area.register_pages()
