"""The operation log page, and that editing in the admin is on record."""

from __future__ import annotations

import pytest

from contacts.models import Product
from scrm.audit.models import AuditEntry
from scrm.audit.services import record_act
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def test_the_log_filters_by_area_and_operator(operator_client, operator):
    record_act(action="segment.create", operator=operator, now=NOW)
    record_act(action="contact.export", operator=build.operator(), now=NOW)

    def shown(**query):
        page = operator_client.get("/operations/", query)
        return [entry.action for entry, *_words in page.context["rows"]]

    assert len(shown()) == 2
    assert shown(action="segment.") == ["segment.create"]
    assert shown(operator_id=operator.pk) == ["segment.create"]


def test_an_action_without_words_is_shown_as_it_is(operator_client, operator):
    record_act(action="something.new", operator=operator, now=NOW)
    assert "something.new" in operator_client.get("/operations/").content.decode()


def test_a_subject_is_named_in_words_and_leads_to_its_page(operator_client, operator):
    customer = rows.contact()
    product = Product.objects.create(sku="A1", name="Tea")
    for subject in (customer, product, operator):
        record_act(action="something.new", operator=operator, now=NOW, subject=subject)
    page = operator_client.get("/operations/").content.decode()
    assert f'<a href="/contacts/{customer.pk}/">客户 {customer.pk}</a>' in page
    assert f'<a href="/admin/contacts/product/{product.pk}/change/">商品 {product.pk}</a>' in page
    assert f'<a href="/admin/console/operator/{operator.pk}/change/">' in page


def test_a_subject_of_a_table_that_is_gone_keeps_its_name(operator_client, operator):
    AuditEntry.objects.create(
        at=NOW, operator=operator, action="old.act", subject_kind="parchment", subject_id="7"
    )
    assert "parchment 7" in operator_client.get("/operations/").content.decode()


def test_a_product_changed_in_the_admin_is_on_record(operator_client, operator):
    product = Product.objects.create(sku="A1", name="Tea")
    operator_client.post(f"/admin/contacts/product/{product.pk}/change/", {"role": "traffic"})
    product.refresh_from_db()
    assert product.role == "traffic"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.operator_id) == ("product.change", operator.pk)


def test_directory_rows_from_wecom_cannot_be_edited(operator_client):
    assert operator_client.get("/admin/contacts/staff/add/").status_code == 403


def test_operators_are_switched_off_and_never_deleted(operator_client):
    other = build.operator(role=Role.STAFF)
    assert operator_client.get(f"/admin/console/operator/{other.pk}/delete/").status_code == 403


def test_the_form_of_an_operator_says_what_the_userid_is_for(operator_client):
    page = operator_client.get("/admin/console/operator/add/").content.decode()
    assert "决定其可见的客户范围" in page


def test_an_operator_made_in_the_console_can_log_in(operator_client, client):
    secret = "a-long-password-2"
    operator_client.post(
        "/admin/console/operator/add/",
        {"username": "newcomer", "password1": secret, "password2": secret, "role": "analyst"},
    )
    operator_client.logout()
    response = client.post("/admin/login/", {"username": "newcomer", "password": secret})
    assert response.headers["Location"] == "/"
