"""Who may open what: every address × every role × every method, nothing left out."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from rest_framework.authtoken.models import Token

from scrm.console.models import ApiArea, TokenScope
from scrm.console.pages import Page, entries
from tests.architecture.addresses import every_address
from tests.architecture.rights import (
    ADMIN_ONLY,
    ADMIN_VERBS,
    API_NEEDS,
    FOR_ALL,
    OPEN,
    OWN_ALONE,
    ROLES_WITH,
    SAVING_NEEDS,
    WITHOUT_PICTURE,
)

ADDRESSES = every_address()
PAGES = {f"console:{page.name}": page for page in entries() if isinstance(page, Page)}
CONSOLE = [a for a in ADDRESSES if a.area == "console"]
ADMIN = [a for a in ADDRESSES if a.area == "admin"]
API = [a for a in ADDRESSES if a.route.startswith("api/v1/")]

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(db, lasting_world):
    return lasting_world


def ask(client, method, path, **options):
    """The answer, with whatever it changed undone."""
    with transaction.atomic():
        answer = getattr(client, method)(path, **options)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def logged_in(operator, **options):
    client = Client(**options)
    client.force_login(operator)
    return client


def leads_to_log_in(answer):
    return answer.status_code == 302 and "/admin/login/" in answer.headers["Location"]


def named(addresses):
    return pytest.mark.parametrize("address", addresses, ids=lambda a: f"{a.name}|{a.route}")


def test_no_address_is_forgotten():
    """A new part of the URLconf has to be put into one of the tables above."""
    known = {a.route for a in (*CONSOLE, *ADMIN, *API)}
    assert {a.name for a in ADDRESSES if a.route not in known} <= set(OPEN)
    assert {a.name for a in CONSOLE} - FOR_ALL == set(PAGES)
    for address in API:
        assert any(name == address.name for name, _method in API_NEEDS), address.name


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.name)
def test_every_page_names_its_permission_twice_and_alike(page):
    """Once for the menu, once for the view: a page without one would be open to every role."""
    assert page.permission
    assert page.permission == page.view.view_class.permission
    assert page.permission in ROLES_WITH


@named([a for a in ADDRESSES if a.name not in OPEN])
def test_strangers_are_sent_to_the_log_in(address, there, client):
    for method in ("get", "post", "put", "delete"):
        answer = ask(client, method, address.path(there))
        assert leads_to_log_in(answer) or answer.status_code in {401, 403, 405}, method


@named(CONSOLE)
def test_a_page_opens_for_its_roles_alone(address, there):
    needed = PAGES[address.name].permission if address.name in PAGES else ""
    methods = _methods(address.view.view_class)
    for role, operator in there.operators.items():
        client, path = logged_in(operator), address.path(there)
        for method in ("get", "post", "put", "delete"):
            code = ask(client, method, path).status_code
            saving = SAVING_NEEDS.get(address.name, needed) if method == "post" else needed
            if needed and role not in ROLES_WITH[saving]:
                assert code == 403, (role, method)
            elif method not in methods:
                assert code == 405, (role, method)
            else:
                # A lead sees no broadcast of others: 404 lets nobody in.
                is_gone = not operator.sees_everything or address.name in (
                    WITHOUT_PICTURE | OWN_ALONE
                )
                gone = {404} if is_gone else set()
                assert code in {200, 302, 400, 422} | gone, (role, method)


@named(ADMIN)
def test_the_admin_opens_for_its_roles_alone(address, there):
    for role, operator in there.operators.items():
        code = ask(logged_in(operator), "get", address.path(there)).status_code
        kind = address.name.rpartition("_")[2]
        model = address.name.removeprefix("admin:").rpartition("_")[0].replace("_", ".", 1)
        if kind in ADMIN_VERBS and "." in model:
            app, _dot, name = model.partition(".")
            needed = f"{app}.{ADMIN_VERBS[kind]}_{name}"
            assert (code != 403) <= (role in ROLES_WITH.get(needed, ADMIN_ONLY)), role
        assert code in {200, 302, 403, 404, 405}


@named(API)
def test_the_api_answers_its_roles_alone(address, there):
    for role, operator in there.operators.items():
        token = Token.objects.get_or_create(user=operator)[0]
        client = Client(headers={"authorization": f"Token {token.key}"})
        for method in ("get", "post", "put", "patch", "delete"):
            needed = API_NEEDS.get((address.name, method))
            answer = ask(
                client, method, address.path(there), data={}, content_type="application/json"
            )
            code = answer.status_code
            if needed is None:
                assert code in {403, 405}, (role, method)
            elif needed and role not in ROLES_WITH[needed]:
                assert code == 403, (role, method)
            else:
                gone = {404} if not operator.sees_everything else set()
                assert code in {200, 201, 204, 400, 409} | gone, (role, method, answer.content)


def test_a_token_stays_inside_its_scope_at_every_address(there):
    """Outside its areas a token does nothing, and one that reads only changes nothing."""
    owner = there.operators["admin"]
    scope = TokenScope(token=Token.objects.create(user=owner), areas=["contacts"])
    client = Client(headers={"authorization": f"Token {scope.token.key}"})
    for address in API:
        own = address.view.cls.__dict__.get("api_area", "")
        if not own:
            continue
        for area, reads_only in ((own, True), (_another(own), False)):
            scope.areas, scope.is_read_only = [area], reads_only
            scope.save()
            for method in ("get", "post", "patch", "put", "delete"):
                needed = API_NEEDS.get((address.name, method))
                if needed is None:
                    continue
                given = {"data": {}, "content_type": "application/json"}
                code = ask(client, method, address.path(there), **given).status_code
                reads = method == "get" or (address.name, method) in QUESTIONS
                may = area == own and (reads or not reads_only)
                assert (code == 403) != may, (address.name, method, area, code)


# Asked by POST, because what is asked does not fit into an address.
QUESTIONS = {
    ("segments-count", "post"),
    ("segments-recount", "post"),
    ("group-segments-count", "post"),
}


def _another(area):
    return next(other for other in ApiArea.values if other != area)


@named([a for a in ADDRESSES if a.name != "wecom-callback"])
def test_nothing_is_written_without_the_csrf_token(address, there):
    client = logged_in(there.operators["admin"], enforce_csrf_checks=True)
    answer = ask(client, "post", address.path(there))
    assert answer.status_code in {403, 405}


def test_roles_may_do_what_the_table_says(there):
    for permission, roles in ROLES_WITH.items():
        allowed = {role for role, who in there.operators.items() if who.has_perm(permission)}
        assert allowed == roles, permission


def _methods(view):
    return {name for name in view.http_method_names if hasattr(view, name)} & {
        "get",
        "post",
        "put",
        "delete",
    }
