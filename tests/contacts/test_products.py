"""What products brought: split to the fen, by price band and role; and the pages around orders."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db.models import Sum

from contacts.models import (
    AssortmentFigures,
    Order,
    OrderEntry,
    OrderItem,
    Product,
    ProductFigures,
)
from contacts.rules.price_bands import quantile_bounds
from contacts.services.order_intake import take_rows
from contacts.services.product_figures import count_if_due, count_products
from contacts.services.products import set_bands, set_role
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def send(*told, now=NOW):
    taken = take_rows(
        source="shop", orders=list(enumerate(told)), now=now, origin=OrderEntry.Origin.API
    )
    assert not taken.refused


def order(number, fen, items, *, who="u1", day="2026-03-01", **more):
    return {
        "external_id": number,
        "paid_at": day,
        "amount_fen": fen,
        "unionid": who,
        "items": items,
        **more,
    }


def item(sku, quantity=1, **more):
    return {"sku": sku, "quantity": quantity, **more}


@pytest.fixture
def shelf():
    """Two buyers, three products: tea 10 yuan, cup 33.33, pot 100."""
    rows.contact(unionid="u1")
    rows.contact(unionid="u2")
    send(
        order("1", 1000, [item("tea")]),
        order("2", 1000, [item("tea")], day="2026-03-02"),
        order("3", 10_000, [item("cup", 3)], who="u2", refunded_fen=1),
        order("4", 11_000, [item("pot"), item("tea")], who="u2", day="2026-03-03"),
        order("5", 11_000, [item("pot", amount_fen=10_000), item("tea", amount_fen=1_000)]),
        order("6", 500, [], who="nobody"),
    )
    count_products(now=NOW)


def figures(sku):
    return ProductFigures.objects.get(product__sku=sku)


def test_orders_are_split_among_their_products_to_the_fen(shelf):
    sums = ProductFigures.objects.aggregate(r=Sum("revenue_fen"), b=Sum("refunded_fen"))
    assert sums == {"r": 34_000, "b": 1}
    # Order 4 by quantity, order 5 by what was paid for each.
    assert (figures("pot").revenue_fen, figures("pot").units) == (15_500, 2)
    assert (figures("tea").revenue_fen, figures("tea").orders) == (8_500, 4)
    assert (figures("cup").refunded_fen, figures("cup").unit_fen) == (1, 3333)


def test_a_repeat_buyer_has_bought_on_two_days(shelf):
    tea = figures("tea")
    assert (tea.buyers, tea.repeat_buyers, tea.repurchase_rate) == (2, 1, 0.5)
    assert (figures("pot").buyers, figures("pot").repeat_buyers) == (2, 0)


def test_bands_and_roles_count_a_buyer_of_two_products_once(shelf, operator):
    tea, pot = Product.objects.get(sku="tea"), Product.objects.get(sku="pot")
    set_role(product_ids=[tea.pk, pot.pk], role="profit", operator=operator, now=NOW)
    set_bands(bounds_fen=[3_000, 5_000], operator=operator, now=NOW)
    assert count_if_due(now=NOW)
    assert not count_if_due(now=NOW + timedelta(hours=9))
    profit = AssortmentFigures.objects.get(grouping="role", place=2)
    assert (profit.products, profit.buyers, profit.repeat_buyers) == (2, 2, 1)
    assert (profit.orders, profit.net_fen) == (4, 24_000)
    told = AssortmentFigures.objects.filter(grouping="band").order_by("place")
    assert [(b.from_fen, b.below_fen, b.products, b.net_fen) for b in told] == [
        (None, 3_000, 1, 8_500),
        (3_000, 5_000, 1, 9_999),
        (5_000, None, 1, 15_500),
    ]


def test_new_orders_are_counted_after_a_rest(shelf):
    send(order("7", 1000, [item("tea")]), now=NOW + timedelta(minutes=1))
    assert not count_if_due(now=NOW + timedelta(minutes=2))
    assert count_if_due(now=NOW + timedelta(minutes=6))
    assert figures("tea").orders == 5


def test_quarters_never_tear_a_price_apart():
    assert quantile_bounds([(100, 1), (200, 1), (300, 1), (400, 1)]) == [200, 300, 400]
    assert quantile_bounds([(100, 90), (200, 5), (300, 5)]) == [200]
    assert quantile_bounds([(100, 3)]) == []
    assert quantile_bounds([]) == []


@pytest.mark.parametrize("bounds", [[200, 100], [0], [100, 100], list(range(1, 13))])
def test_odd_bands_are_refused(operator, bounds):
    with pytest.raises(InvalidInput) as refused:
        set_bands(bounds_fen=bounds, operator=operator, now=NOW)
    assert refused.value.field == "bounds"


def test_the_product_page_sorts_filters_and_sets_roles(operator_client, shelf):
    Product.objects.create(sku="new", name="Never sold")
    page = operator_client.get("/products/")
    assert [p.sku for p, _f in page.context["rows"]] == ["pot", "cup", "tea", "new"]
    pot = Product.objects.get(sku="pot")
    operator_client.post("/products/role/", {"product": [pot.pk, "x"], "role": "profit"})
    assert AuditEntry.objects.get(action="product.set_role").details["products"] == 1
    found = operator_client.get("/products/", {"role": "profit", "text": "PO"})
    assert [p.sku for p, _f in found.context["rows"]] == ["pot"]
    bands = operator_client.get("/products/", {"band": "0"})
    assert [p.sku for p, _f in bands.context["rows"]] == ["tea"]
    operator_client.post("/products/bands/", {"bounds": "20，50.5"})
    assert AuditEntry.objects.get(action="product.set_bands").details["bounds_fen"] == [2000, 5050]
    answer = operator_client.get("/products/products-by-band.csv")
    told = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(told) == 1 + AssortmentFigures.objects.filter(grouping="band").count()


def test_a_lead_sees_products_without_the_figures_of_the_shop(client, shelf):
    client.force_login(build.operator(role=Role.LEAD))
    page = client.get("/products/")
    assert "155.00" not in page.content.decode()
    assert all(found is None for _product, found in page.context["rows"])
    assert client.get("/products/products-by-band.csv").status_code == 404


def test_the_page_of_an_order_tells_its_story(operator_client, client):
    rows.contact(unionid="", phone="13800001111", name="Amy")
    told = order(
        "1", 1000, [item("tea", 2, amount_fen=1000)], phone="13800001111", customer_id="13800001111"
    )
    send(told | {"unionid": ""}, now=NOW)
    send(told | {"unionid": "", "amount_fen": 900, "refunded_fen": 100}, now=NOW)
    pk = Order.objects.get().pk
    page = operator_client.get(f"/orders/{pk}/")
    assert [step.fen for step in page.context["steps"]].count(None) == 1
    assert {step.fen for step in page.context["steps"]} == {1000, -100, None}
    assert page.context["ledger"].agrees
    text = page.content.decode()
    assert "138****1111" in text
    assert "13800001111" not in text
    tab = operator_client.get(f"/contacts/{Order.objects.get().contact_id}/").content.decode()
    assert f"/orders/{pk}/" in tab
    client.force_login(build.operator(role=Role.LEAD, staff_userid="nobody"))
    assert client.get(f"/orders/{pk}/").status_code == 404


def test_an_order_that_differs_from_its_entries_says_so(operator_client):
    odd = rows.order(None, external_id="odd")
    OrderItem.objects.create(order=odd, product=Product.objects.create(sku="t", name="Tea"))
    assert not operator_client.get(f"/orders/{odd.pk}/").context["ledger"].agrees
