"""The product album; captured bodies."""

from __future__ import annotations

import pytest

from scrm import wecom
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

REQUEST = captured("12-misc/add_product_album_request")


@pytest.fixture
def picture(gateway):
    """A media_id that is good for the album."""
    made = gateway.upload_attachment(
        kind="image", use="album", filename="a.png", content=b"a picture"
    )
    return made.media_id


def _draft(*media_ids, **changed):
    values = {
        "description": REQUEST["description"],
        "price_fen": REQUEST["price"],
        "item_number": REQUEST["product_sn"],
        "media_ids": media_ids,
    }
    return wecom.ProductDraft(**{**values, **changed})


def test_a_product_is_kept_changed_and_deleted(gateway, picture):
    product_id = gateway.add_product(_draft(picture))
    kept = gateway.product(product_id)
    assert (kept.price_fen, kept.media_ids, kept.item_number) == (39800, (picture,), "YL2026PE357")
    assert kept.created_at is not None
    gateway.change_product(product_id, _draft(picture, price_fen=36800))
    [listed] = gateway.products()
    assert (listed.product_id, listed.price_fen) == (product_id, 36800)
    gateway.delete_product(product_id)
    assert list(gateway.products()) == []
    with pytest.raises(wecom.NotFound) as deleted:
        gateway.product(product_id)
    assert deleted.value.code == 41074
    with pytest.raises(wecom.NotFound) as unknown:
        gateway.delete_product("made-up")
    assert unknown.value.code == 41075


def test_more_products_than_a_page_are_reached_by_cursor(gateway, picture):
    made = [gateway.add_product(_draft(picture, item_number=f"N{n}")) for n in range(103)]
    assert [product.product_id for product in gateway.products()] == made


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"description": ""}, 41087),
        ({"description": "茶" * 301}, 41087),
        ({"price": 0}, 41086),
        ({"price": 5_000_001}, 41086),
        ({"product_sn": "云岭-357"}, 41085),
        ({"product_sn": "A" * 129}, 41085),
        ({"attachments": []}, 41088),
        ({"attachments": [{"type": "video", "video": {"media_id": "3x"}}]}, 41065),
        ({"attachments": [{"type": "image", "image": {"media_id": "3x"}}]}, 40007),
        ({"attachments": [{"type": "image", "image": {"media_id": "3x"}}] * 10}, 41064),
    ],
)
def test_what_a_product_cannot_be_is_refused_by_name(corp_api, gateway, picture, changed, code):
    body = {**REQUEST, "attachments": [{"type": "image", "image": {"media_id": picture}}]}
    answer = corp_api.post("externalcontact/add_product_album", body | changed)
    assert answer["errcode"] == code


def test_a_picture_for_messages_is_no_good_for_the_album(gateway):
    made = gateway.upload_media(kind="image", filename="a.png", content=b"a picture")
    with pytest.raises(wecom.MediaExpired):
        gateway.add_product(_draft(made.media_id))


@pytest.mark.parametrize(
    "wrong", [{"description": "茶" * 301}, {"price_fen": 0}, {"price_fen": 5_000_001}]
)
def test_a_product_above_wecoms_maxima_is_the_callers_mistake(gateway, wrong):
    with pytest.raises(ValueError, match="WeCom takes"):
        gateway.add_product(_draft("3x", **wrong))


def test_products_are_asked_for_and_read_as_wecom_has_them(replay):
    told = replay("12-misc/add_product_album")
    media_id = REQUEST["attachments"][0]["image"]["media_id"]
    assert told.gateway.add_product(_draft(media_id)) == "MoblqNgEve7rtaFbGCuUyGIUYz9KaagA"
    assert (told.path, told.sent) == ("externalcontact/add_product_album", REQUEST)
    product = replay("12-misc/get_product_album").gateway.product("M1")
    assert (product.price_fen, product.created_at.timestamp()) == (39800, 1775016000)
    [listed] = replay("12-misc/get_product_album_list").gateway.products()
    assert (listed.media_ids, listed.created_at) == (product.media_ids, None)


def test_the_simulator_answers_as_wecom_does(corp_api, picture):
    attachment = {"type": "image", "image": {"media_id": picture}}
    answer = corp_api.post(
        "externalcontact/add_product_album", {**REQUEST, "attachments": [attachment]}
    )
    assert_like(answer, captured("12-misc/add_product_album"))
    body = {"product_id": answer["product_id"]}
    answer = corp_api.post("externalcontact/get_product_album", body)
    assert_like(answer, captured("12-misc/get_product_album"))
    answer = corp_api.post("externalcontact/get_product_album_list", {})
    assert_like(answer, captured("12-misc/get_product_album_list"))
