"""The product album staff show customers (商品图册)."""

from __future__ import annotations

import re
from typing import Any

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.attachments import require_media
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import Product

DESCRIPTION_CHARS, MOST_FEN, NUMBER_BYTES, MOST_PICTURES = 300, 5_000_000, 128, 9
_ITEM_NUMBER = re.compile(r"[0-9A-Za-z]*")


@post("externalcontact/add_product_album")
def add_product_album(corp: Corp, ask: Ask) -> Answer:
    changed = _changed(corp, ask)
    for name, code in (("description", 41087), ("price", 41086), ("attachments", 41088)):
        if name not in changed:
            raise ApiError(code)
    product = Product(corp.new_id("", 32), corp.clock.timestamp(), **changed)
    corp.keep("products", product)
    return {"product_id": product.product_id}


@post("externalcontact/get_product_album")
def get_product_album(corp: Corp, ask: Ask) -> Answer:
    product = _product(corp, ask)
    return {"product": _shown(product) | {"create_time": product.created_at}}


@post("externalcontact/get_product_album_list")
def get_product_album_list(corp: Corp, ask: Ask) -> Answer:
    rows = [
        (place, product)
        for place, product in enumerate(corp.products.values(), 1)
        if not product.is_deleted
    ]
    chosen, cursor = cursors.page_after(
        rows, ask.text("cursor", ""), ask.limit(50, 100), key=lambda row: row[0]
    )
    return {"next_cursor": cursor, "product_list": [_shown(product) for _place, product in chosen]}


@post("externalcontact/update_product_album")
def update_product_album(corp: Corp, ask: Ask) -> Answer:
    """What is named; the rest stays."""
    product = _product(corp, ask)
    corp.record("edit", table="products", id=product.product_id, **_changed(corp, ask))
    return {}


@post("externalcontact/delete_product_album")
def delete_product_album(corp: Corp, ask: Ask) -> Answer:
    corp.record("edit", table="products", id=_product(corp, ask).product_id, is_deleted=True)
    return {}


def _changed(corp: Corp, ask: Ask) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if ask.has("description"):
        changed["description"] = ask.text("description", "")
        if not 1 <= len(changed["description"]) <= DESCRIPTION_CHARS:
            raise ApiError(41087)
    if ask.has("price"):
        changed["price"] = ask.number("price")
        if not 0 < changed["price"] <= MOST_FEN:
            raise ApiError(41086)
    if ask.has("product_sn"):
        number = changed["product_sn"] = ask.text("product_sn", "")
        if len(number.encode()) > NUMBER_BYTES or not _ITEM_NUMBER.fullmatch(number):
            raise ApiError(41085)
    if ask.has("attachments"):
        changed["attachments"] = _pictures(corp, ask)
    return changed


def _pictures(corp: Corp, ask: Ask) -> list[dict[str, Any]]:
    """Here the kind stands under `type`, not `msgtype`."""
    attachments = ask.parts("attachments")
    if not attachments:
        raise ApiError(41088)
    if len(attachments) > MOST_PICTURES:
        raise ApiError(41064)
    found = []
    for attachment in attachments:
        if attachment.text("type") != "image":
            raise ApiError(41065)
        media_id = attachment.part("image").text("media_id")
        require_media(corp, media_id, use="album")
        found.append({"type": "image", "image": {"media_id": media_id}})
    return found


def _product(corp: Corp, ask: Ask) -> Product:
    product = corp.products.get(ask.text("product_id"))
    if product is None:
        raise ApiError(41075)
    if product.is_deleted:
        raise ApiError(41074)
    return product


def _shown(product: Product) -> Answer:
    return {
        "product_id": product.product_id,
        "description": product.description,
        "price": product.price,
        "product_sn": product.product_sn,
        "attachments": product.attachments,
    }
