"""The card of each figure that has one number (指标卡), as the pages show it, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from analytics.board import key_cards
from analytics.board.figures import Figures
from analytics.board.key_cards import KeyCard

# Where a figure has several cards, the first is its own.
MAKERS: tuple[Callable[[Figures], KeyCard], ...] = (
    key_cards.LTV.card,
    key_cards.NET.card,
    key_cards.ORDER_VALUE.card,
    key_cards.NEW_BUYERS.card,
    key_cards.REPURCHASE_RATE.card,
    key_cards.RETURNING.card,
    key_cards.SECOND.card,
    key_cards.UNFRIEND_RATE.card,
    key_cards.NET_GROWTH.card,
    key_cards.LOST.card,
    key_cards.ADDED.card,
    key_cards.pareto,
    key_cards.cycle,
    key_cards.inactive,
    key_cards.effective,
)


def cards(figures: Figures) -> Mapping[str, KeyCard]:
    """By the figure's key in the registry."""
    found: dict[str, KeyCard] = {}
    for make in MAKERS:
        card = make(figures)
        found.setdefault(card.metric, card)
    return MappingProxyType(found)
