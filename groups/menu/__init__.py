"""What this app puts into the console: pages and menu entries, a module for each area."""

from groups.menu import join_ways, lists, statistics, work


def register_pages() -> None:
    """Called once, from `GroupsConfig.ready()`."""
    for area in (join_ways, lists, statistics, work):
        area.register_pages()
