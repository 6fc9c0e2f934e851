"""The left menu and the addresses behind it: each role finds what it may open, nothing else."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from scrm.console.models import Role
from scrm.console.navigation import address, sidebar
from scrm.console.pages import Page, Section, entries
from tests import build

pytestmark = pytest.mark.django_db


def titles(client):
    request = client.get("/").wsgi_request
    with translation.override("en"):
        return {str(item["title"]) for group in sidebar(request) for item in group["items"]}


def shown_to(client, role, **values):
    client.force_login(build.operator(role=role, **values))
    return titles(client)


def test_service_staff_sees_customers_groups_own_tasks_and_alerts_only(client):
    groups = {"Group list", "Quiet groups", "Changes"}
    assert shown_to(client, Role.STAFF) == {
        "Home",
        "Customer list",
        "Tasks for staff",
        "Churn alerts",
        *groups,
    }


def test_an_analyst_looks_but_imports_nothing_and_sees_no_logs(client):
    shown = shown_to(client, Role.ANALYST)
    assert {"Customer list", "Orders", "Segments", "Broadcasts"} <= shown
    assert not {"Import orders", "Callback log", "Operation log", "Operators"} & shown


def test_an_administrator_sees_every_entry(client):
    with translation.override("en"):
        every = {str(entry.label) for entry in entries() if entry.label}
    client.force_login(build.operator())
    assert titles(client) == every


def test_the_menu_keeps_its_order(operator_client):
    request = operator_client.get("/").wsgi_request
    sections = [entry.section for entry in entries()]
    assert sections == sorted(sections, key=list(Section).index)
    assert sidebar(request)[0]["items"][0]["link"] == "/"


def test_the_menu_marks_the_page_one_is_on_and_the_pages_below_it(operator_client):
    request = operator_client.get("/orders/import/").wsgi_request
    active = [
        item["link"] for group in sidebar(request) for item in group["items"] if item["active"]
    ]
    assert active == ["/orders/import/"]


def _openable():
    for entry in entries():
        try:
            yield entry, address(entry)
        except NoReverseMatch:
            continue  # needs the number of something


OF_SERVICE_STAFF = {
    "contacts.view_contact",
    "contacts.view_stafftask",
    "analytics.view_churnalert",
    "groups.view_groupchat",
}


def test_no_page_opens_for_a_role_that_lacks_its_permission(client):
    client.force_login(build.operator(role=Role.STAFF))
    for entry, url in _openable():
        if isinstance(entry, Page) and entry.permission:
            allowed = entry.permission in OF_SERVICE_STAFF
            status = client.get(url).status_code
            assert (status != 403) is allowed, (entry.name, status)


def test_no_page_opens_for_a_stranger(client):
    for entry, url in _openable():
        if isinstance(entry, Page):
            response = client.get(url)
            assert response.status_code == 302, entry.name
            assert response.headers["Location"].startswith(reverse("admin:login"))


def test_every_menu_entry_opens_for_an_administrator(operator_client):
    for entry, url in _openable():
        if entry.label:
            assert operator_client.get(url).status_code == 200, entry.name


def test_an_operator_may_do_all_with_customers_but_see_full_phones(db):
    operator = build.operator(role=Role.OPERATOR)
    assert operator.has_perm("contacts.export_contact")
    assert not operator.has_perm("contacts.see_full_phone")
    assert build.operator(role=Role.ADMIN).has_perm("contacts.see_full_phone")
