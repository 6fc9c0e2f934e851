"""What this app puts into the console: pages, menu entries and cards, a module for each area."""

from contacts.menu import (
    care,
    channels,
    contact_list,
    customers,
    lifecycle,
    orders,
    profile,
    segments,
    sync,
    tags,
)


def register_pages() -> None:
    """Called once, from `ContactsConfig.ready()`."""
    for area in (
        channels,
        care,
        customers,
        contact_list,
        profile,
        tags,
        orders,
        segments,
        lifecycle,
        sync,
    ):
        area.register_pages()
