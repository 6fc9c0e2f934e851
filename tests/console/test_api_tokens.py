"""Tokens of the REST API: made by administrators with a scope, shown once, written nowhere else."""

from __future__ import annotations

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authtoken.models import Token

from scrm.audit.models import AuditEntry
from scrm.console.models import ApiArea, Role, TokenScope
from scrm.console.tokens import make_token
from scrm.errors import InvalidInput
from tests import build
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db

LIST = "/api-tokens/"


def make(client, owner, *areas, **more):
    given = {"owner": owner.pk, "areas": areas or ApiArea.values, **more}
    return client.post(f"{LIST}new/", given)


def program(token):
    return Client(headers={"authorization": f"Token {token.key}"})


def test_a_token_is_shown_once_and_works(operator_client):
    owner = build.operator(role=Role.ANALYST)
    choices = operator_client.get(f"{LIST}new/").content.decode()
    assert f"{owner} · {owner.get_role_display()}" in choices
    page = make(operator_client, owner)
    token = Token.objects.get(user=owner)
    assert f'data-copy="{token.key}"' in page.content.decode()
    assert token.key not in operator_client.get(LIST).content.decode()
    assert not TokenScope.objects.exists()
    assert program(token).get("/api/v1/contacts/").status_code == 200


def test_a_token_for_one_area_that_reads_only(operator_client):
    owner = build.operator(role=Role.ADMIN)
    make(operator_client, owner, "contacts", is_read_only="on")
    client = program(Token.objects.get(user=owner))
    assert client.get("/api/v1/contacts/").status_code == 200
    count = {"rule": {"all": []}}
    asked = client.post("/api/v1/segments/count/", count, content_type="application/json")
    assert asked.status_code == 200
    refused = client.post("/api/v1/notes/", {}, content_type="application/json")
    assert refused.status_code == 403
    assert client.get("/api/v1/orders/").status_code == 403
    assert client.get("/api/v1/broadcasts/").status_code == 403
    page = operator_client.get(LIST).content.decode()
    assert "客户" in page
    assert "只读" in page


def test_a_scope_gives_nothing_that_the_role_does_not(operator_client):
    owner = build.operator(role=Role.ANALYST)
    make(operator_client, owner, "contacts")
    refused = program(Token.objects.get(user=owner)).post(
        "/api/v1/tags/", {}, content_type="application/json"
    )
    assert refused.status_code == 403


def test_a_token_made_before_there_were_scopes_does_what_its_operator_may():
    client = program(Token.objects.create(user=build.operator(role=Role.ADMIN)))
    for path in ("contacts", "groups", "broadcasts", "orders", "analytics/overview"):
        assert client.get(f"/api/v1/{path}/").status_code == 200


@pytest.mark.parametrize("areas", [[], ["everything"], ["contacts", "everything"]])
def test_a_scope_of_nothing_or_of_something_unknown_is_refused(operator, areas):
    given = {"areas": areas, "is_read_only": False, "now": NOW, "operator": operator}
    with pytest.raises(InvalidInput) as refused:
        make_token(owner=build.operator(), **given)
    assert refused.value.field == "areas"
    assert not Token.objects.exists()


def test_an_operator_has_one_token(operator):
    owner = build.operator()
    given = {"areas": ["orders"], "is_read_only": True, "now": NOW, "operator": operator}
    make_token(owner=owner, **given)
    with pytest.raises(InvalidInput):
        make_token(owner=owner, **given)


def test_a_token_that_was_withdrawn_opens_nothing(operator_client):
    token = Token.objects.create(user=build.operator())
    assert operator_client.post(f"{LIST}{token.user_id}/end/").status_code == 302
    assert not Token.objects.exists()
    assert program(token).get("/api/v1/contacts/").status_code == 401


def test_a_token_stands_in_no_log(operator_client):
    owner = build.operator()
    make(operator_client, owner, "contacts")
    key = Token.objects.get().key
    operator_client.post(f"{LIST}{owner.pk}/end/")
    written = [str(row.__dict__) for row in AuditEntry.objects.all()]
    assert len(written) == 2
    assert not any(key in line for line in written)


def test_a_switched_off_operators_token_opens_nothing():
    token = Token.objects.create(user=build.operator(is_active=False))
    assert program(token).get("/api/v1/contacts/").status_code == 401


def test_the_description_names_the_scope_of_every_operation():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    scopes = {
        (path, verb): operation.get("x-token-scope")
        for path, operations in paths.items()
        for verb, operation in operations.items()
        if path.startswith("/api/v1/")
    }
    assert None not in scopes.values()
    assert scopes["/api/v1/orders/", "get"] == "orders:read"
    assert scopes["/api/v1/segments/count/", "post"] == "contacts:read"
    assert scopes["/api/v1/group-tags/", "post"] == "groups:write"
    assert "Token scope: `orders:read`." in paths["/api/v1/orders/"]["get"]["description"]
