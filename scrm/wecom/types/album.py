"""The product album staff show customers (商品图册)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product: words, price in fen, and up to nine pictures, whose media ids come from
    `upload_attachment(use="album")`. `item_number`: letters and digits of the brand's own.
    """

    description: str
    price_fen: int
    media_ids: tuple[str, ...]
    item_number: str = ""


@dataclass(frozen=True, slots=True)
class ProductInfo:
    """商品. `created_at` only when it was asked for by id."""

    product_id: str
    description: str
    price_fen: int
    media_ids: tuple[str, ...]
    item_number: str
    created_at: datetime | None
