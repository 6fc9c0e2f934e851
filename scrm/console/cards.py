"""The registry of cards on the home page and on a customer's page; apps fill it in `ready()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from django.utils.functional import Promise

from scrm.console.models import Operator


class Place(Enum):
    """Where a card stands."""

    HOME = "home"
    CONTACT = "contact"  # a tab of the 360° page; the subject is the customer's id
    CHANNEL = "channel"  # beside a channel's code; the subject is the channel's id
    BANNER = "banner"  # above every page of the console, for what everybody has to know


@dataclass(frozen=True)
class Asked:
    """Who looks at a card, when, and at whom or what (`subject_id`, 0 at home).

    `shared` is what the cards of one page have read together, by a name of theirs.
    """

    operator: Operator
    now: datetime
    subject_id: int = 0
    shared: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Card:
    """One card of a place.

    `data(asked)` gives the context of `template`, which sees it as `data`; None leaves the card
    out. A small `order` comes
    first: on the home page LTV is 10, volumes come last. `span` is how many of the grid's twelve
    columns it takes on a wide screen; `title` heads the card or names the tab.
    """

    name: str
    place: Place
    template: str
    data: Callable[[Asked], dict[str, Any] | None]
    order: int
    title: str | Promise = ""
    permission: str = ""
    span: int = 3


_cards: dict[str, Card] = {}


def register(card: Card) -> None:
    """Add a card; raises ValueError when its name is taken."""
    if card.name in _cards:
        raise ValueError(f"card {card.name!r} is registered twice")
    _cards[card.name] = card


def cards(place: Place, operator: Operator) -> list[Card]:
    """The cards of a place that this operator may see, in order."""
    return sorted(
        (
            card
            for card in _cards.values()
            if card.place is place and (not card.permission or operator.has_perm(card.permission))
        ),
        key=lambda card: (card.order, card.name),
    )
