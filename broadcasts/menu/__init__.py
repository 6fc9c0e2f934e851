"""What this app puts into the console: pages, menu entries and cards, a module for each area."""

from broadcasts.menu import (
    broadcasts,
    cards,
    content,
    group_welcomes,
    harm,
    journeys,
    policy,
    webhooks,
    welcomes,
)


def register_pages() -> None:
    """Called once, from `BroadcastsConfig.ready()`."""
    for area in (
        group_welcomes,
        broadcasts,
        welcomes,
        content,
        policy,
        harm,
        webhooks,
        journeys,
        cards,
    ):
        area.register_pages()
