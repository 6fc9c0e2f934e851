"""The order list and the import of a file in two steps."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.models import Order
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.contacts import rows

pytestmark = pytest.mark.django_db

GOOD = "order_id,paid_at,amount,phone,product\nA1,2026-03-01,129.00,13800000000,Tea\n"
BAD = "order_id,paid_at,amount,phone\nA1,yesterday,-3,\n"


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def numbers(client, **query):
    return [order.external_id for order in client.get("/orders/", query).context["window"].rows]


def upload(client, text):
    file = SimpleUploadedFile("orders.csv", text.encode(), content_type="text/csv")
    return client.post("/orders/import/", {"source": "shop", "file": file})


def test_orders_are_filtered_by_source_match_number_and_day(operator_client):
    amy = rows.contact()
    rows.order(amy, external_id="A", days_ago=3)
    rows.order(amy, external_id="B", source="tmall")
    rows.order(None, external_id="C", contact=None)
    assert len(numbers(operator_client)) == 3
    assert numbers(operator_client, source="tmall") == ["B"]
    assert numbers(operator_client, match="waiting") == ["C"]
    assert numbers(operator_client, text="A") == ["A"]
    assert numbers(operator_client, paid_to="2026-03-08") == ["A"]


def test_a_file_that_is_no_text_is_refused_without_telling_where_it_lay(operator_client, tmp_path):
    file = SimpleUploadedFile("orders.csv", bytes(range(128, 256)) * 9)
    page = operator_client.post(
        "/orders/import/", {"source": "shop", "file": file}
    ).content.decode()
    assert "不是 UTF-8 或 GB18030 编码" in page
    assert str(tmp_path) not in page


def test_orders_of_others_and_of_strangers_are_not_shown_to_a_lead(client):
    clerk = rows.staff(userid="lead")
    mine, other = rows.contact(), rows.contact()
    rows.follow(mine, clerk)
    rows.order(mine, external_id="mine")
    rows.order(other, external_id="other")
    rows.order(None, external_id="waiting", contact=None)
    client.force_login(build.operator(role=Role.LEAD, staff_userid="lead"))
    assert numbers(client) == ["mine"]


def test_the_order_list_asks_the_same_number_of_questions_for_one_and_fifty(
    operator_client, django_assert_max_num_queries
):
    amy = rows.contact()
    for _number in range(55):
        rows.order(amy)
    with django_assert_max_num_queries(12):
        operator_client.get("/orders/")


def test_a_file_is_first_tried_and_then_imported(operator_client, settings):
    preview = upload(operator_client, GOOD)
    assert preview.context["preview"].new == 1
    assert not Order.objects.exists()
    done = operator_client.post("/orders/import/", {"import": "1"})
    assert done.context["done"].new == 1
    assert Order.objects.get().amount_fen == 12_900
    assert AuditEntry.objects.get().action == "order.import"
    assert not list((settings.MEDIA_ROOT / "order-imports").iterdir())


def test_a_bad_file_is_refused_with_its_lines_and_not_kept(operator_client, settings):
    page = upload(operator_client, BAD)
    assert page.context["refused"].total >= 2
    assert "yesterday" in page.content.decode()
    assert not list((settings.MEDIA_ROOT / "order-imports").iterdir())


def test_an_import_without_a_file_asks_for_it_again(operator_client):
    response = operator_client.post("/orders/import/", {"import": "1"}, follow=True)
    assert "重新上传" in response.content.decode()


def test_a_lead_imports_no_orders(client):
    client.force_login(build.operator(role=Role.LEAD))
    assert client.get("/orders/import/").status_code == 403
