"""What this app puts into the console: pages and menu entries, a module for each area."""

from groups.menu import lists, statistics, work


def register_pages() -> None:
    """Called once, from `GroupsConfig.ready()`."""
    for area in (lists, statistics, work):
        area.register_pages()
