"""The registry of home page cards; apps register theirs in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scrm.console.models import Operator


@dataclass(frozen=True)
class Card:
    """One card of the home page.

    `data(operator, now)` gives the context of `template`; a small `order` comes first (LTV is 10,
    volumes last). `span` is how many of the grid's twelve columns the card takes on a wide screen.
    """

    name: str
    template: str
    data: Callable[[Operator, datetime], dict[str, Any]]
    order: int
    permission: str = ""
    span: int = 3


_cards: dict[str, Card] = {}


def register(card: Card) -> None:
    """Add a card; raises ValueError when its name is taken."""
    if card.name in _cards:
        raise ValueError(f"home card {card.name!r} is registered twice")
    _cards[card.name] = card


def cards() -> list[Card]:
    return sorted(_cards.values(), key=lambda card: (card.order, card.name))
