"""The product album staff show customers (商品图册)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, at_most, moment_or_none, number, records, text
from scrm.wecom.maxima import (
    PRODUCT_DESCRIPTION_CHARS,
    PRODUCT_FEN,
    PRODUCT_PICTURES,
    PRODUCTS_PER_PAGE,
)
from scrm.wecom.pages import walk
from scrm.wecom.types.album import ProductDraft, ProductInfo


class Album(Area):
    """Products that staff can put into a chat. Only this app's can be changed."""

    def add_product(self, draft: ProductDraft) -> str:
        """创建商品图册 (add_product_album): its id. Raises MediaExpired, BadRequest; ValueError
        above WeCom's maxima.
        """
        reply = self._transport.change("externalcontact/add_product_album", _body(draft))
        return str(reply["product_id"])

    def product(self, product_id: str) -> ProductInfo:
        """获取商品图册 (get_product_album). Raises NotFound."""
        body = {"product_id": product_id}
        return _product(
            self._transport.post("externalcontact/get_product_album", body).get("product") or {}
        )

    def products(self) -> Iterator[ProductInfo]:
        """获取商品图册列表 (get_product_album_list), all pages."""

        def page(cursor: str) -> tuple[Sequence[ProductInfo], str]:
            body: dict[str, Any] = {"limit": PRODUCTS_PER_PAGE, "cursor": cursor}
            reply = self._transport.post("externalcontact/get_product_album_list", body)
            found = [_product(record) for record in records(reply, "product_list")]
            return found, text(reply, "next_cursor")

        return walk(page)

    def change_product(self, product_id: str, draft: ProductDraft) -> None:
        """编辑商品图册 (update_product_album): afterwards it is as `draft`; may be repeated."""
        body = {"product_id": product_id, **_body(draft)}
        self._transport.change("externalcontact/update_product_album", body)

    def delete_product(self, product_id: str) -> None:
        """删除商品图册 (delete_product_album). Raises NotFound."""
        self._transport.change("externalcontact/delete_product_album", {"product_id": product_id})


def _body(draft: ProductDraft) -> dict[str, Any]:
    at_most(PRODUCT_DESCRIPTION_CHARS, draft.description, "description")
    at_most(PRODUCT_PICTURES, draft.media_ids, "media_ids")
    if not 0 < draft.price_fen <= PRODUCT_FEN:
        raise ValueError(f"price_fen: {draft.price_fen}, WeCom takes 1 to {PRODUCT_FEN}")
    return {
        "description": draft.description,
        "price": draft.price_fen,
        "product_sn": draft.item_number,
        "attachments": [
            {"type": "image", "image": {"media_id": media_id}} for media_id in draft.media_ids
        ],
    }


def _product(record: Json) -> ProductInfo:
    return ProductInfo(
        product_id=text(record, "product_id"),
        description=text(record, "description"),
        price_fen=number(record, "price"),
        media_ids=tuple(
            text(part.get("image") or {}, "media_id") for part in records(record, "attachments")
        ),
        item_number=text(record, "product_sn"),
        created_at=moment_or_none(record, "create_time"),
    )
