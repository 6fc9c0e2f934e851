"""What this app puts into the console: pages and menu entries, a module for each area."""

from groups.menu import lists, statistics


def register_pages() -> None:
    """Called once, from `GroupsConfig.ready()`."""
    for area in (lists, statistics):
        area.register_pages()
