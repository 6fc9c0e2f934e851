"""What this app puts into the console: pages, menu entries and cards, a module for each area."""

from broadcasts.menu import broadcasts, cards, content, policy, welcomes


def register_pages() -> None:
    """Called once, from `BroadcastsConfig.ready()`."""
    for area in (broadcasts, welcomes, content, policy, cards):
        area.register_pages()
