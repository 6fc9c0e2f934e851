"""The REST API as its schema describes it: complete, valid, and precise about what is wrong."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework.authtoken.models import Token

from scrm.console.models import Role
from scrm.ratelimit import bucket
from scrm.throttling import PER_OPERATOR
from tests import build
from tests.architecture.addresses import every_address
from tests.architecture.test_access import ask
from tests.architecture.world import world

pytestmark = pytest.mark.django_db

WRONG = [None, "x", 1.5, True, -1, [], {}, [1], {"a": 1}, "", "9" * 40, 10**30, "2026-99-99"]
NAMES = {bool: "boolean", int: "integer"}


@pytest.fixture
def there(db):
    return world()


@pytest.fixture
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_valid_and_served(schema, client):
    validate_schema(schema)
    assert client.get("/api/schema/").status_code == 200
    assert client.get("/api/docs/").status_code == 200


def test_the_schema_lists_every_address(schema):
    listed = {re.sub(r"\{\w+\}", "{pk}", path) for path in schema["paths"]}
    for address in every_address():
        if address.route.startswith("api/v1/") and address.name != "api-root":
            route = re.sub(r"\(\?P<\w+>[^)]+\)", "{pk}", address.route)
            assert "/" + route.replace("^", "").replace("$", "") in listed, address.name


def may_fit(kind, value):
    """Whether the schema would let this be right: a text or a number as one, a list, nothing."""
    if isinstance(value, list):
        return kind.get("type") == "array" and all(may_fit(kind["items"], one) for one in value)
    if value is None:
        return "nullable" in kind
    if type(value) in NAMES and kind.get("type") == NAMES[type(value)]:
        return kind.get("minimum", value) <= value <= kind.get("maximum", value)
    return kind.get("type") == "string"


def test_every_body_of_wrong_types_is_refused_by_the_names_of_its_fields(there, schema):
    tried = 0
    for path, operations in schema["paths"].items():
        body = operations.get("post", {}).get("requestBody")
        if not path.startswith("/api/v1/") or body is None:
            continue
        # Somebody new each time, as nobody may ask so often.
        token = Token.objects.create(user=build.operator())
        client = Client(headers={"authorization": f"Token {token.key}"})
        name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        part = schema["components"]["schemas"][name]
        fields = [key for key, kind in part["properties"].items() if not kind.get("readOnly")]
        for value in WRONG:
            for field in fields:
                answer = ask(
                    client, "post", path, data={field: value}, content_type="application/json"
                )
                # A text, a number as one or nothing may be what is asked for; there is no row "{id}".
                kind = part["properties"][field]
                if (may_fit(kind, value) and answer.status_code in {200, 201}) or (
                    "{" in path and answer.status_code == 404
                ):
                    continue
                assert answer.status_code == 400, (path, field, value)
                # What is missing is named, and what is wrong.
                assert set(answer.json()) <= {*fields, "errors", "count", "ms", "words"}
                tried += 1
        for whole in ([], "x", 1, None, [{}]):
            answer = ask(client, "post", path, data=whole, content_type="application/json")
            # There is no row "{id}", which may be found out first.
            expected = {400, 404} if "{" in path else {400}
            if whole is None and not part.get("required"):
                expected.add(200)  # nothing is to be changed
            assert answer.status_code in expected, (path, whole)
    assert tried > 100


def test_a_token_that_is_none_is_refused(client):
    for header in ("Token x", "Token", "Token a b", "Bearer x", "Token \xff", "Token " + "9" * 500):
        answer = client.get("/api/v1/contacts/", headers={"authorization": header})
        assert answer.status_code == 401, header


def test_a_body_that_is_no_json_is_refused(there, client):
    client.force_login(there.operators["admin"])
    form = ask(client, "post", "/api/v1/segments/", data={"name": "x"})
    assert form.status_code == 415
    broken = ask(client, "post", "/api/v1/segments/", data="{", content_type="application/json")
    assert broken.status_code == 400
    nul = {"name": "a\0b", "rule": {"all": []}}
    answer = ask(client, "post", "/api/v1/segments/", data=nul, content_type="application/json")
    assert answer.status_code == 400


def test_who_asks_too_often_is_told_how_long_to_wait(client):
    programs = [build.operator(role=Role.ANALYST) for _place in range(2)]
    tokens = [f"Token {Token.objects.create(user=program).key}" for program in programs]
    for _call in range(PER_OPERATOR.windows[0].calls):
        assert not bucket.take(PER_OPERATOR, str(programs[0].pk))
    refused = client.get("/api/v1/contacts/", headers={"authorization": tokens[0]})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 64
    other = client.get("/api/v1/contacts/", headers={"authorization": tokens[1]})
    assert other.status_code == 200


def test_without_redis_the_api_answers_all_the_same(client, settings):
    token = Token.objects.create(user=build.operator()).key
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    answer = client.get("/api/v1/segments/", headers={"authorization": f"Token {token}"})
    assert answer.status_code == 200


def test_an_address_of_no_api_is_answered_in_json_and_a_page_of_none_in_html(client):
    answer = client.get("/api/v1/custommers/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json() == {"detail": "这个地址下没有内容。"}
    page = client.get("/nowhere/")
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
